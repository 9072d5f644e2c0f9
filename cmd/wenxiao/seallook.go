package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// overdue is how long a record may be without a signature before it is told.
const overdue = 10 * time.Second

// lastSigned returns what the signer signed last, without its lock: a server may
// hold the keys. It is nothing before the first time.
func (p place) lastSigned() (seal.Checkpoint, error) {
	path := filepath.Join(p.beside("seal"), "signed")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return seal.Checkpoint{}, p.unopened(seal.ErrForgotten)
	}
	if err != nil || len(text) == 0 {
		return seal.Checkpoint{}, err
	}
	c, err := seal.ParseCheckpoint(text)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return c, err
}

// halted says why whoever has the keys signs nothing any more; nothing if it does. A
// checkpoint that is not there, or not the log's own, is no reason: the next round
// makes another.
func (p place) halted(ctx context.Context, store eventstore.Store) (string, error) {
	policy, err := p.policy()
	if err != nil {
		return "", err
	}
	c, unread := p.tiles().Published()
	last, err := p.lastSigned()
	if err != nil || errors.Is(unread, fs.ErrNotExist) {
		return "", err
	}
	if unread == nil {
		_, unread = policy.Check(c.Note)
	}
	if unread != nil {
		c = last
	}
	if c.Size == 0 {
		return "", nil
	}
	return p.amiss(ctx, store, c, last)
}

// amiss says why nothing can be signed after c, the published checkpoint, and last;
// nothing if it can. A server may publish meanwhile and sweep what c had.
func (p place) amiss(ctx context.Context, store eventstore.Store, c, last seal.Checkpoint) (string, error) {
	tree, err := store.Tree(ctx) // after c and last: it only grows
	if err != nil {
		return "", err
	}
	if last.Origin != c.Origin { // of a log that was given up
		last = c
	}
	err = p.tiles().CompareEdge(ctx, store, c.Head, last.Head, seal.HeadOf(tree))
	var tile *seal.TileError
	switch {
	case err == nil || ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &tile):
		if next, err := p.tiles().Published(); err == nil && next.Head != c.Head {
			return p.amiss(ctx, store, next, last)
		}
		return fmt.Sprintf("公开日志的文件 %s 缺失或被改，由它续不下去；查明原因，运行 wenxiao seal rebuild 由账本重做", tile.Path), nil
	case errors.Is(err, seal.ErrInconsistent):
		return fmt.Sprintf("账本有 %d 件，与已签的检查点（%d 件）不符：历史被改，或放回了较早的副本", tree.Size, max(c.Size, last.Size)), nil
	case errors.Is(err, eventstore.ErrDamaged):
		return "账本记录与账本自己的哈希树不符；运行 wenxiao verify 查明位置", nil
	}
	return "", err
}

// unsealed returns how many records are behind size, which was signed, and when the
// first of them was entered; none while that may still be on its way.
func unsealed(ctx context.Context, store eventstore.Store, size eventstore.Position, now time.Time) (eventstore.Position, time.Time, error) {
	head, err := store.Head(ctx)
	if err != nil || head <= size {
		return 0, time.Time{}, err
	}
	for r, err := range store.ReadAll(ctx, size) {
		if err != nil || now.Sub(r.RecordedAt) < overdue {
			return 0, time.Time{}, err
		}
		return head - size, r.RecordedAt, nil
	}
	return 0, time.Time{}, nil
}
