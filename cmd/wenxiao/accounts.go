package main

import (
	"context"
	"errors"
	"fmt"

	"wenxiao/api/accounts"
	"wenxiao/domain"
)

// withAccounts opens the accounts of a ledger for one piece of work.
func withAccounts(ctx context.Context, db *place, work func(context.Context, *accounts.Accounts) error) (err error) {
	if err := db.check(); err != nil {
		return err
	}
	all, err := accounts.Open(ctx, db.accounts())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	return work(ctx, all)
}

func unknownAccount(err error, name string) error {
	if errors.Is(err, accounts.ErrUnknown) {
		return domain.Refusal{Code: "account.unknown", Reason: fmt.Sprintf("没有账户“%s”", name)}
	}
	return err
}
