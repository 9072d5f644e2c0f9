package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"wenxiao/domain"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// sealingSaid returns what the ledger itself says of its log; an empty origin when
// it names none.
func sealingSaid(ctx context.Context, store eventstore.Store) (sealing.State, error) {
	said, _, err := eventstore.Load[sealing.State](ctx, store, sealing.Stored, sealing.Stream)
	return said, err
}

const orRenew = "。请从备份放回；确已丢失，用 wenxiao seal renew --reason … 另立日志，丢失的事记入账本"

// keysThere refuses to begin where a log has begun and its keys are gone: another
// log under another name would take its place, and nobody would notice.
func (p place) keysThere(said sealing.State) error {
	there, err := seal.Founded(p.beside("seal"))
	if err != nil || there {
		return err
	}
	origin := said.Origin
	if origin == "" {
		c, err := p.tiles().Published()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if origin = c.Origin; err != nil {
			origin = "（检查点读不懂）"
		}
	}
	return domain.Refusal{Code: "seal.keys-missing", Reason: fmt.Sprintf("这本账已有公开日志 %s，%s 里却没有它的密钥%s", origin, p.beside("seal"), orRenew)}
}

// sameLog refuses keys of another log than the one that the ledger names, or that
// is published beside it.
func (p place) sameLog(said sealing.State, origin, key string) error {
	if said.Origin != "" && said.Key != key {
		return domain.Refusal{Code: "seal.other-keys", Reason: fmt.Sprintf("账本记载签署日志的密钥是 %s，%s 里的是 %s：像是别处的，或较早的备份%s", said.Key, p.beside("seal"), key, orRenew)}
	}
	if c, err := p.tiles().Published(); err == nil && c.Origin != origin {
		return domain.Refusal{Code: "seal.other-log", Reason: fmt.Sprintf("%s 里公布的是日志 %s，%s 里却是 %s 的密钥。请把属于这本账的放回；原密钥确已丢失，用 wenxiao seal renew --reason … 另立日志", p.tiles().Dir, c.Origin, p.beside("seal"), origin)}
	}
	return nil
}

// openKeys opens the keys beside the ledger, makes them on the first day, and
// finishes a change of keys that the ledger records but that died half-way.
func (p place) openKeys(ctx context.Context, store eventstore.Store, origin string) (_ *seal.FileSigner, err error) {
	said, err := sealingSaid(ctx, store)
	if err != nil {
		return nil, err
	}
	if err := p.keysThere(said); err != nil {
		return nil, err
	}
	signer, err := seal.OpenSigner(p.beside("seal"), origin)
	if err != nil {
		return nil, p.unopened(err)
	}
	if err = p.finishChange(said, signer); err == nil {
		err = p.sameLog(said, signer.Origin(), signer.Verifiers()[0])
	}
	if err != nil {
		return nil, errors.Join(err, signer.Close())
	}
	return signer, nil
}

// unopened says why the keys cannot be opened, where that is known.
func (p place) unopened(err error) error {
	switch {
	case errors.Is(err, seal.ErrInUse):
		return domain.Refusal{Code: "seal.in-use", Reason: fmt.Sprintf("%s 里的密钥正由另一个进程使用（多半是 wenxiao serve），请先停止它", p.beside("seal"))}
	case errors.Is(err, seal.ErrForgotten):
		return domain.Refusal{Code: "seal.forgotten", Reason: fmt.Sprintf("%s 里有密钥，却没有最后签署的检查点 signed：不知道签过什么，就可能另签一段历史%s", p.beside("seal"), orRenew)}
	}
	return err
}

// begin writes into the ledger which log it has, once. Only a ledger that names its
// log can tell that it is gone.
func (s *sealer) begin(ctx context.Context, store eventstore.Store) error {
	if due, err := s.unnamed(ctx, store); !due || err != nil {
		return err
	}
	keys := s.signer.Verifiers()
	return record(ctx, store, sealing.Begin{Origin: s.signer.Origin(), Keys: keys}, "", keys[0])
}

// unnamed reports whether the ledger does not name its log yet. Into one that does
// not contain what was signed nothing is written: it is left as it was found, and
// the next round says so.
func (s *sealer) unnamed(ctx context.Context, store eventstore.Store) (bool, error) {
	said, err := sealingSaid(ctx, store)
	if err != nil || said.Origin != "" {
		return false, err
	}
	last, err := s.signer.Signed(ctx)
	if _, published := s.Latest(); err != nil || last.Size == 0 && !published {
		return err == nil, err
	}
	_, err = s.Seal(ctx)
	return err == nil, nil
}

// begin is [sealer.begin] for a ledger that is open for reading. Nobody else
// writes: the keys are ours.
func (p place) begin(ctx context.Context, reader eventstore.Store, s *sealer) (err error) {
	if due, err := s.unnamed(ctx, reader); !due || err != nil {
		return err
	}
	store, err := p.openStore(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return s.begin(ctx, store)
}
