package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"wenxiao/domain"
	"wenxiao/domain/sealing"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// A sealer is a ledger's sealer with its keys open: nobody else can sign
// meanwhile.
type sealer struct {
	*seal.Sealer
	signer *seal.FileSigner
}

func (s *sealer) Close() error { return s.signer.Close() }

func (p place) tiles() seal.Tiles { return seal.Tiles{Dir: p.beside("log")} }

// openSealer opens the keys beside the ledger and what seals it with them.
func (p place) openSealer(ctx context.Context, store eventstore.Store, origin string, log *slog.Logger) (_ *sealer, err error) {
	signer, err := p.openKeys(ctx, store, origin)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, signer.Close())
		}
	}()
	policy, err := p.policy()
	if err != nil {
		return nil, err
	}
	all, err := seal.NewSealer(store, p.tiles(), signer, policy, log)
	if err != nil {
		return nil, err
	}
	return &sealer{all, signer}, nil
}

// policy returns the policy of a ledger that has been sealed.
func (p place) policy() (seal.Policy, error) {
	policy, err := seal.LoadPolicy(p.beside("seal"))
	if errors.Is(err, fs.ErrNotExist) {
		return seal.Policy{}, domain.Refusal{Code: "seal.not-begun", Reason: fmt.Sprintf("%s 里还没有封存密钥；先运行 wenxiao serve 或 wenxiao seal publish", p.beside("seal"))}
	}
	return policy, err
}

// finishChange brings in the next key if the ledger says that it signs. One that
// the ledger does not know waits until the change is asked for again.
func (p place) finishChange(said sealing.State, signer *seal.FileSigner) error {
	next, err := signer.Next()
	if err != nil || next == "" || said.Key != next {
		return err
	}
	if said.Origin == signer.Origin() {
		return signer.FinishRotation()
	}
	return p.giveUp(said, signer)
}

// keeper records what is done to the seal. Who runs the command is known to the
// machine, not to the ledger.
func keeper(by string) domain.Actor {
	if by == "" {
		by = "系统管理员"
	}
	return domain.Actor{Person: "system", Name: by, Unit: "system", Capacity: "系统"}
}
