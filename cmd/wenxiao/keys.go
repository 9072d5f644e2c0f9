package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

// forget destroys the keys of everybody whom the ledger says to be erased. None
// should be left: those that are outlived a crash, or came back with a backup.
func forget(ctx context.Context, keys *vault.Vault, views projections.Views) (left int, err error) {
	erased, err := views.Erased(ctx)
	if err != nil || len(erased) == 0 {
		return 0, err
	}
	return keys.Destroy(ctx, erased...)
}

// examineKeys destroys what must not be there and says so: it is no mere reading.
func examineKeys(ctx context.Context, p place, views projections.Views, out io.Writer) (err error) {
	keys, err := vault.Open(ctx, p.beside("keys"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	left, err := forget(ctx, keys, views)
	if err != nil {
		return err
	}
	count, err := keys.Count(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "个人密钥 (keys) %d 把\n", count)
	if left > 0 {
		fmt.Fprintf(out, "已再次销毁 (destroyed again)  %d 把：所属的人在账本中已经删除，密钥像是随备份恢复的\n", left)
	}
	return nil
}
