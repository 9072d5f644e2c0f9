//go:build unix

package accounts

import (
	"strings"
	"testing"

	"wenxiao/eventstore/postgres/pgtest"
)

// TestTheSameOnPostgreSQL goes through everything that is a statement of SQL.
func TestTheSameOnPostgreSQL(t *testing.T) {
	a, err := Open(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.Add(t.Context(), zhang, password))
	if code(a.Add(t.Context(), zhang, password)) != "account.exists" {
		t.Error("the same account twice")
	}
	token, at := session(t, a, "zhang")
	for range 2 {
		if account, ok := at(token); !ok || account.Name != "张某" || account.Created.IsZero() {
			t.Fatalf("%+v %v", account, ok)
		}
	}
	must(a.SetRole(t.Context(), "zhang", Auditor))
	if account, _ := at(token); account.Role != Auditor {
		t.Errorf("%+v", account)
	}
	if _, err := a.Verify(t.Context(), "zhang", password, "10.0.0.1"); err != nil {
		t.Error(err)
	}
	must(a.Disable(t.Context(), "zhang"))
	if _, ok := at(token); ok {
		t.Error("the session lives on")
	}
	must(a.Enable(t.Context(), "zhang"))
	must(a.SetPassword(t.Context(), "zhang", "another passphrase"))
	if all, err := a.List(t.Context()); err != nil || len(all) != 1 || all[0].Disabled {
		t.Errorf("%+v %v", all, err)
	}
	again, err := Open(t.Context(), "postgres://nobody@[::1")
	if err == nil || strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v %v", again, err)
	}
}
