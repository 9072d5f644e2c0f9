package main

import (
	"os"
	"path/filepath"
	"time"
)

// fsyncs returns how many times a second the disk makes a 4 KiB append durable,
// one after another: no ledger with one writer can do better.
func fsyncs(dir string, each time.Duration) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "fsync-probe"))
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 4<<10)
	n, started := 0, time.Now()
	for ; time.Since(started) < each; n++ {
		if _, err := f.Write(page); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(started).Seconds(), nil
}

// size returns the bytes of all files under dir.
func size(dir string) (sum int64) {
	_ = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
