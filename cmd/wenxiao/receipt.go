package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

func receiptCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "receipt POSITION|EVENT-ID",
		Short: "一件记录的回执，离线可验 (the receipt of one record, to be verified without the ledger)",
		Long: `打印 .tlog-proof 文本：信封、在账本哈希树里的证明、签名的检查点。持有人用 wenxiao verify 或别家工具离线验证。
Prints a c2sp.org/tlog-proof@v1 whose extra line is the record's envelope.`,
		Args: exactly(1, "POSITION 或 EVENT-ID"),
	}
	db := dbFlag(cmd)
	cmd.Flags().StringVarP(&file, "output", "o", "", "写入文件 (write to a file)")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		store, err := db.openReader(cmd.Context())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		text, err := db.receipt(cmd.Context(), store, args[0])
		switch {
		case err != nil:
			return err
		case file == "":
			_, err = cmd.OutOrStdout().Write(text)
			return err
		}
		return os.WriteFile(file, text, 0o644)
	}
	return cmd
}

// notCovered is the code of records that no checkpoint covers.
const notCovered = "seal.not-covered"

// receipt returns the receipt of the record that name stands for, as text.
func (p place) receipt(ctx context.Context, store eventstore.Store, name string) ([]byte, error) {
	position, err := positionOf(ctx, store, name)
	if err != nil {
		return nil, err
	}
	c, err := p.covering(ctx, store, position)
	if err != nil {
		return nil, err
	}
	r, err := seal.Issue(ctx, store, p.tiles(), c, position)
	if err != nil {
		return nil, err
	}
	return r.Text(), nil
}

// covering returns a checkpoint that covers position. One that is not there yet is
// made here, unless a server has the keys: that one makes it in a second or so.
func (p place) covering(ctx context.Context, store eventstore.Store, position eventstore.Position) (seal.Checkpoint, error) {
	if c, ok, err := p.covers(position); ok || err != nil {
		return c, err
	}
	s, err := p.openSealer(ctx, store, "", newLog(io.Discard))
	var busy domain.Refusal
	if errors.As(err, &busy) && busy.Code == "seal.in-use" {
		return p.awaited(ctx, store, position, err)
	}
	if err != nil {
		return seal.Checkpoint{}, err
	}
	var c seal.Checkpoint
	if err = p.begin(ctx, store, s); err == nil {
		c, err = s.Seal(ctx)
	}
	return c, errors.Join(err, s.Close())
}

// covers returns the published checkpoint if it covers position and is ours.
func (p place) covers(position eventstore.Position) (seal.Checkpoint, bool, error) {
	c, err := p.tiles().Published()
	if err != nil || c.Size < position {
		return c, false, nil // the next round makes another
	}
	if err := p.keysThere(sealing.State{}); err != nil {
		return c, false, err
	}
	policy, err := p.policy()
	if err == nil {
		_, err = policy.Check(c.Note)
	}
	return c, err == nil, err
}

// awaited waits a while for a server to publish; otherwise it returns busy. Where
// nothing can be signed any more it says why, and does not wait.
func (p place) awaited(ctx context.Context, store eventstore.Store, position eventstore.Position, busy error) (seal.Checkpoint, error) {
	switch why, err := p.halted(ctx, store); {
	case err != nil:
		return seal.Checkpoint{}, err
	case why != "":
		return seal.Checkpoint{}, domain.Refusal{Code: notCovered, Reason: fmt.Sprintf("账本位置 %d 还没有检查点盖过；%s", position, why)}
	}
	for range 100 {
		if c, ok, err := p.covers(position); ok || err != nil {
			return c, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return seal.Checkpoint{}, ctx.Err()
		}
	}
	return seal.Checkpoint{}, busy
}

// positionOf reads a position, or finds that of an event's id.
func positionOf(ctx context.Context, store eventstore.Store, name string) (eventstore.Position, error) {
	head, err := store.Head(ctx)
	if err != nil {
		return 0, err
	}
	if n, err := strconv.ParseUint(name, 10, 63); err == nil {
		if n == 0 || eventstore.Position(n) > head {
			return 0, domain.Refusal{Code: "receipt.no-record", Reason: fmt.Sprintf("账本有 %d 件，没有第 %d 件", head, n)}
		}
		return eventstore.Position(n), nil
	}
	for r, err := range store.ReadAll(ctx, 0) {
		if err != nil || r.ID == name {
			return r.Position, err
		}
	}
	return 0, domain.Refusal{Code: "receipt.no-record", Reason: fmt.Sprintf("账本里没有编号为 %s 的事件", name)}
}
