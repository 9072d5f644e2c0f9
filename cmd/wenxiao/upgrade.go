package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"wenxiao/domain"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/seal"
	"wenxiao/eventstore/vault"
)

// upgradable refuses a ledger of an earlier format that a program of then still
// serves: opened for writing it is brought to this format, and that program can
// record nothing more. A server must also be able to serve it afterwards.
func (p place) upgradable(ctx context.Context, server bool) (err error) {
	if !p.isPostgres() {
		return nil
	}
	before, err := postgres.OpenEarlier(ctx, p.url)
	if err != nil || before == nil {
		return err
	}
	defer func() { err = errors.Join(err, before.Close()) }()
	switch written, err := before.Written(ctx); {
	case err != nil:
		return err
	case written:
		return olderRuns("正在写它")
	}
	if err := p.keysFree(); err != nil || !server {
		return err
	}
	return p.servable(ctx, before)
}

func olderRuns(why string) error {
	return domain.Refusal{
		Code:   "ledger.older-program",
		Reason: fmt.Sprintf("这本账是较早的格式，较早的 wenxiao %s。本程序打开它就会升级它的格式，那个程序便不能再记账；所以没有打开，那个程序照常运行。请先停止它，再启动本程序 (an older program serves this ledger: stop it first)", why),
		Field:  "--db",
	}
}

// keysFree refuses keys that another process has open.
func (p place) keysFree() error {
	there, err := seal.Founded(p.beside("seal"))
	if err != nil || !there {
		return err
	}
	signer, err := seal.OpenSigner(p.beside("seal"), "")
	if errors.Is(err, seal.ErrInUse) {
		return olderRuns("正用着 " + p.beside("seal") + " 里的密钥")
	}
	if err != nil {
		return nil // whoever needs them says so
	}
	return signer.Close()
}

// servable refuses what a server could not go on with after the upgrade: keys that
// are gone or another ledger's, and what lies beside them. It makes nothing.
func (p place) servable(ctx context.Context, before *postgres.Earlier) error {
	said, err := sealingSaid(ctx, before)
	if err != nil {
		return err
	}
	if err := p.keysThere(said); err != nil {
		return err
	}
	if there, err := seal.Founded(p.beside("seal")); err != nil || there {
		if err == nil {
			err = p.opensKeys(ctx, before)
		}
		if err != nil {
			return err
		}
	}
	if _, err := os.Stat(p.beside("keys")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	keys, err := vault.Open(ctx, p.beside("keys"))
	if err != nil {
		return err
	}
	return keys.Close()
}

// opensKeys opens the keys that are there, and closes them again.
func (p place) opensKeys(ctx context.Context, before *postgres.Earlier) error {
	signer, err := p.openKeys(ctx, before, "")
	if err != nil {
		return err
	}
	_, err = p.policy()
	return errors.Join(err, signer.Close())
}
