package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"wenxiao/eventstore/disk"
	"wenxiao/eventstore/verify"
)

// A progressFile is where a verification that was cut short is kept: with whoever
// verifies, never beside the ledger, whose keeper could plant one. It is empty
// where this user has no such place; then nothing is kept.
type progressFile string

// identity is the one name of a ledger on this machine.
func (p place) identity() string {
	path, ok := p.path()
	if !ok {
		return p.String()
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return "sqlite:" + path
}

// progressOf makes the folder, for its owner alone.
func progressOf(p place) progressFile {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	dir := filepath.Join(cache, "wenxiao", "verify")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return ""
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm()&0o077 != 0 {
		return ""
	}
	name := sha256.Sum256([]byte(p.identity()))
	return progressFile(filepath.Join(dir, hex.EncodeToString(name[:])))
}

// read returns the state that is kept, or nil. What cannot be used is said, and
// the verification starts over.
func (f progressFile) read(p place, errs io.Writer) *verify.State {
	if f == "" {
		return nil
	}
	info, err := os.Lstat(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0) {
		err = errors.New("别人可以改动")
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(string(f))
	}
	var state *verify.State
	if err == nil {
		state, err = verify.DecodeState(b, p.identity())
	}
	if err != nil {
		fmt.Fprintf(errs, "%s：%v；从头核 (starting over)\n", f, err)
		return nil
	}
	return state
}

// write keeps a state, whole or as before.
func (f progressFile) write(p place, s *verify.State) error {
	if f == "" {
		return nil
	}
	b, err := s.Encode(p.identity())
	if err != nil {
		return err
	}
	return disk.Keep(string(f), b, 0o600)
}

func (f progressFile) remove() error {
	if f == "" {
		return nil
	}
	if err := os.Remove(string(f)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
