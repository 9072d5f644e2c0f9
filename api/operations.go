package api

import (
	"context"
	"slices"
	"strings"

	"wenxiao/api/accounts"
)

// An operation is something done beside the ledger: to what goes out of it, or
// has not got in.
type operation struct {
	title string
	roles []accounts.Role
}

// exchanges is the right to see what goes to other systems and what came from
// them. Bodies are whole, of every unit and of other bodies' systems.
const exchanges = "exchange.read"

// operations says who may do what. It is the whole of it.
var operations = map[string]operation{
	exchanges:        {"查看对外推送和外来数据", []accounts.Role{accounts.Finance, accounts.Auditor, accounts.Inspector, accounts.Admin}},
	"delivery.again": {"重送被拒收的事件", []accounts.Role{accounts.Finance, accounts.Admin}},
	"delivery.from":  {"从某一位置重送", []accounts.Role{accounts.Finance, accounts.Admin}},
	"feed.retry":     {"更正后再办外来数据", []accounts.Role{accounts.Finance}},
	"feed.dismiss":   {"外来数据不办", []accounts.Role{accounts.Finance}},
}

// seesExchanges refuses, as [Denied], whoever may not see what goes out and what
// came in.
func seesExchanges(ctx context.Context) error {
	who, ok := whoIn(ctx)
	if !ok {
		return errSignedOut
	}
	return operates(who.Account, exchanges)
}

// operates refuses, as [Denied], an operation that is not the account's.
func operates(account accounts.Account, name string) error {
	o := operations[name]
	if slices.Contains(o.roles, account.Role) {
		return nil
	}
	var names []string
	for _, r := range o.roles {
		names = append(names, r.Name())
	}
	return Denied{Code: "permission.role", Rule: "“" + o.title + "”由" + strings.Join(names, "、") + "办理，" + account.Role.Name() + "账户不能办"}
}
