package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

func sealRenew() *cobra.Command {
	var reason, by string
	cmd := &cobra.Command{
		Use:   "renew",
		Short: "确有记录或密钥丢失后另立日志 (begin a new log after signed records or keys were really lost)",
		Long: `只在账本确已丢失签过的记录，或密钥目录确已丢失、找不回来时使用。原日志的最后检查点和原因记入账本，永远看得出丢失过。
见证方和持有旧回执的人会看到这是另一个日志：须向他们说明。
Only when records that were signed, or the keys, are lost for good. The loss stays visible for ever.`,
		Args: exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "原因，必填 (why)")
	cmd.Flags().StringVar(&by, "by", "", "经办人 (by whom)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if domain.Blank(reason) { // before anything is opened: what is lost is left as it is
			return domain.Refusal{Code: "sealing.no-reason", Reason: "另立日志须写明原因", Field: "--reason"}
		}
		ctx := cmd.Context()
		store, err := db.openStore(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		signer, keysLost, err := db.openLost(ctx, store)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, signer.Close()) }()
		return db.renew(ctx, store, signer, keysLost, reason, by, cmd.OutOrStdout())
	}
	return cmd
}

// openLost opens the keys of a log that cannot go on: its last head is not in the
// ledger any more, or its keys are not there, or are others. One that can go on
// is refused.
func (p place) openLost(ctx context.Context, store eventstore.Store) (signer *seal.FileSigner, keysLost bool, err error) {
	s, err := p.openSealer(ctx, store, "", newLog(io.Discard))
	if no := (domain.Refusal{}); errors.As(err, &no) && slices.Contains([]string{"seal.keys-missing", "seal.other-keys", "seal.other-log", "seal.forgotten"}, no.Code) {
		signer, err = seal.OpenToRenew(p.beside("seal"))
		if err != nil {
			return nil, true, p.unopened(err)
		}
		return signer, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	_, err = s.Seal(ctx)
	if errors.Is(err, seal.ErrInconsistent) {
		return s.signer, false, nil
	}
	if err == nil {
		err = domain.Refusal{Code: "seal.nothing-lost", Reason: "账本仍含全部签过的记录，日志可以照常继续，不必另立；要换密钥请用 wenxiao seal rotate"}
	}
	return nil, false, errors.Join(err, s.Close())
}

func (p place) renew(ctx context.Context, store eventstore.Store, signer *seal.FileSigner, keysLost bool, reason, by string, out io.Writer) error {
	said, err := sealingSaid(ctx, store)
	if err != nil {
		return err
	}
	change, err := p.renewal(said, signer)
	if err != nil {
		return err
	}
	change.KeysLost, change.Reason = keysLost, reason
	if err := record(ctx, store, change, by, change.Key); err != nil {
		return err
	}
	if err := p.giveUp(said, signer); err != nil {
		return err
	}
	fmt.Fprintf(out, "已另立日志 (new log): %s\n原日志 (former): %s，签过 %d 件\n请把新的信任策略（wenxiao seal policy）发给验证方和见证方，并说明丢失的经过。\n", change.Origin, change.FormerOrigin, change.FormerSize)
	return nil
}

// renewal is what takes the place of the log that the ledger names, with the last
// of its checkpoints that is still there.
func (p place) renewal(said sealing.State, signer *seal.FileSigner) (sealing.Renew, error) {
	r, err := signer.BeginRenewal()
	if err != nil {
		return sealing.Renew{}, err
	}
	former := said.Origin
	published, _ := p.tiles().Published() // as good as nothing, if it cannot be read
	switch {
	case former != "":
	case published.Origin != "":
		former = published.Origin
	default:
		former = r.Former.Origin
	}
	change := sealing.Renew{Origin: r.Origin, Key: r.Key, FormerOrigin: former}
	for _, c := range []seal.Checkpoint{r.Former, published} {
		if c.Origin == former && uint64(c.Size) > change.FormerSize {
			change.FormerSize, change.Former = uint64(c.Size), string(c.Note)
		}
	}
	return change, nil
}

// giveUp sets the files of the former log aside and lets the new one begin. The
// keys that the ledger named before are still believed.
func (p place) giveUp(said sealing.State, signer *seal.FileSigner) error {
	dir, former := p.tiles().Dir, signer.Origin()
	if c, err := p.tiles().Published(); err == nil {
		former = c.Origin
	}
	aside := dir + ".former-" + strings.NewReplacer("/", "_", "\\", "_", ":", "_").Replace(former)
	if err := os.Rename(dir, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	next, err := signer.Next()
	if err != nil {
		return err
	}
	return signer.FinishRenewal(slices.DeleteFunc(slices.Clone(said.Keys), func(k string) bool { return k == next })...)
}
