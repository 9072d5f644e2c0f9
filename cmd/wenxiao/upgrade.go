package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"wenxiao/domain"
	"wenxiao/domain/sealing"
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
	return p.spared(ctx, before, server)
}

// spared refuses to open before where that would take it from somebody. Another
// process of this program may have opened it meanwhile, and have the keys: then
// nothing is left to be spared.
func (p place) spared(ctx context.Context, before *postgres.Earlier, server bool) error {
	why := p.free(ctx, before)
	if why == nil && server {
		why = p.servable(ctx, before)
	}
	if why == nil {
		return nil
	}
	if earlier, err := before.Still(ctx); err != nil || earlier {
		return errors.Join(why, err)
	}
	return nil
}

// free refuses a ledger that a program of its format writes, or has the keys of.
func (p place) free(ctx context.Context, before *postgres.Earlier) error {
	if written, err := before.Written(ctx); err != nil {
		return err
	} else if written {
		return olderRuns("正在写它")
	}
	if used, err := seal.InUse(p.beside("seal")); err == nil && used { // otherwise whoever needs them says so
		return olderRuns("正用着 " + p.beside("seal") + " 里的密钥")
	}
	return nil
}

func olderRuns(why string) error {
	return domain.Refusal{
		Code:   "ledger.older-program",
		Reason: fmt.Sprintf("这本账是较早的格式，较早的 wenxiao %s。本程序打开它就会升级它的格式，那个程序便不能再记账；所以没有打开，那个程序照常运行。请先停止它，再启动本程序 (an older program serves this ledger: stop it first)", why),
		Field:  "--db",
	}
}

// servable refuses what a server could not go on with after the upgrade: keys that
// are gone or another ledger's, and what lies beside them. It makes nothing, but
// that a vault is finished whose making was broken off.
func (p place) servable(ctx context.Context, before *postgres.Earlier) error {
	said, err := sealingSaid(ctx, before)
	if err != nil {
		return err
	}
	if err := p.keysThere(said); err != nil {
		return err
	}
	there, err := seal.Founded(p.beside("seal"))
	if err == nil && there {
		err = p.keysFit(said)
	}
	if err != nil {
		return err
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

// keysFit refuses keys, and their policy, that could not be opened for the ledger.
func (p place) keysFit(said sealing.State) error {
	look, err := seal.LookAt(p.beside("seal"))
	if err != nil {
		return p.unopened(err)
	}
	if _, err := seal.LoadPolicy(p.beside("seal")); err != nil && !errors.Is(err, fs.ErrNotExist) { // opening the keys makes what is missing
		return err
	}
	if look.Next != "" && look.Next == said.Key { // opening them finishes the change
		return nil
	}
	return p.sameLog(said, look.Origin, look.Key)
}
