package accounts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"wenxiao/domain"
)

// opened is an empty database whose clock the test turns.
func opened(t *testing.T) (*Accounts, *time.Time) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger ?#.accounts")
	a, err := Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file is open to others: %v %v", info.Mode(), err)
	}
	clock := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	a.now = func() time.Time { return clock }
	return a, &clock
}

var zhang = Account{Username: "Zhang", Person: "p-zhang", Name: "张某", Post: "绩效科科长", Unit: "101", UnitName: "示例市财政局", Role: Finance}

const password = "一句很长的话做密码"

func TestAnAccountIsFoundAsItWasAdded(t *testing.T) {
	a, clock := opened(t)
	if err := a.Add(t.Context(), zhang, password); err != nil {
		t.Fatal(err)
	}
	got, err := a.Find(t.Context(), " zhANG ")
	if err != nil {
		t.Fatal(err)
	}
	want := zhang
	want.Username, want.Capacity, want.Created, want.epoch = "zhang", "本人履职", *clock, 1
	if got != want {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	if code(a.Add(t.Context(), zhang, password)) != "account.exists" {
		t.Fatal("the same account twice")
	}
	if _, err := a.Find(t.Context(), "nobody"); !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
}

func code(err error) string {
	var no domain.Refusal
	errors.As(err, &no)
	return no.Code
}

func TestAnAccountThatCannotBeHeldToAccountIsRefused(t *testing.T) {
	a, _ := opened(t)
	for want, spoil := range map[string]func(*Account){
		"account.malformed-username": func(a *Account) { a.Username = "two words" },
		"account.malformed-person":   func(a *Account) { a.Person = "../x" },
		"account.no-name":            func(a *Account) { a.Name = "　" },
		"account.no-post":            func(a *Account) { a.Post = "" },
		"account.malformed-unit":     func(a *Account) { a.Unit = "" },
		"account.unknown-role":       func(a *Account) { a.Role = "root" },
	} {
		bad := zhang
		spoil(&bad)
		if got := code(a.Add(t.Context(), bad, password)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if all, err := a.List(t.Context()); err != nil || len(all) != 0 {
		t.Fatalf("something was kept: %v %v", all, err)
	}
}

func TestPasswords(t *testing.T) {
	for given, want := range map[string]string{
		"1234567":                "password.too-short",
		"七个字的密码啊":                "password.too-short",
		"八个字的密码啊啊":               "",
		"ZHANG-WEI":              "password.is-username",
		strings.Repeat("长", 128): "",
		strings.Repeat("a", 129): "password.too-long",
	} {
		if got := code(CheckPassword("zhang-wei", given)); got != want {
			t.Errorf("%s: got %q, want %q", given, got, want)
		}
	}
	one, err := hashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := hashPassword(t.Context(), password)
	if one == other || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("not salted, or not at the stated cost: %s", one)
	}
	for given, want := range map[string]bool{password: true, password + " ": false, "": false} {
		if ok, err := matches(t.Context(), given, one); ok != want || err != nil {
			t.Errorf("%q: %v %v", given, ok, err)
		}
	}
	if _, err := matches(t.Context(), password, "plain text"); err == nil {
		t.Error("an unreadable hash passed in silence")
	}
}

func TestHashingStopsWithTheRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range cap(hashing) {
		hashing <- struct{}{}
	}
	defer func() {
		for range cap(hashing) {
			<-hashing
		}
	}()
	if _, err := hashPassword(ctx, password); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestWrongPasswordsLookAlikeAndRunOut(t *testing.T) {
	a, clock := opened(t)
	if err := a.Add(t.Context(), zhang, password); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		name := []string{"zhang", "ghost"}[i%2]
		if _, err := a.Verify(t.Context(), name, "wrong wrong", "10.0.0.1"); !errors.Is(err, Wrong) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for range 2 {
		_, _ = a.Verify(t.Context(), "zhang", "wrong wrong", "10.0.0.1")
	}
	var wait TooMany
	if _, err := a.Verify(t.Context(), "zhang", password, "10.0.0.1"); !errors.As(err, &wait) || wait.Wait > 3*time.Minute || wait.Wait <= 0 {
		t.Fatalf("the sixth attempt: %v", err)
	}
	if _, err := a.Verify(t.Context(), "zhang", password, "10.0.0.2"); err != nil {
		t.Fatalf("the holder, from elsewhere: %v", err)
	}
	*clock = clock.Add(wait.Wait)
	if _, err := a.Verify(t.Context(), "zhang", password, "10.0.0.1"); err != nil {
		t.Fatalf("after the wait: %v", err)
	}
}

func TestOneAddressCannotTryEveryAccount(t *testing.T) {
	a := newAttempts()
	now := time.Now()
	for i := range 30 {
		if _, err := a.allow(now, fmt.Sprint(i), "10.0.0.9"); err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if _, err := a.allow(now, "another", "10.0.0.9"); !errors.As(err, new(TooMany)) {
		t.Fatal("the thirty-first was allowed")
	}
}

func TestAnOfficeSignsInInTheMorning(t *testing.T) {
	a := newAttempts()
	now := time.Now()
	for i := range 200 {
		right, err := a.allow(now, fmt.Sprint(i), "10.0.0.9")
		if err != nil {
			t.Fatalf("colleague %d: %v", i, err)
		}
		right()
	}
}

func TestMemoryOfAttemptsIsBounded(t *testing.T) {
	b := newBounded[int](3)
	for i := range 10 {
		b.get(fmt.Sprint(i), func() int { return i })
		b.get("0", func() int { return 100 })
	}
	if len(b.entries) != 3 || b.order.Len() != 3 {
		t.Fatalf("%d entries", len(b.entries))
	}
	if v, ok := b.get("0", nil); !ok || v != 0 {
		t.Fatalf("the one in use was forgotten: %d %v", v, ok)
	}
}

func TestProgramsAreNotHashedAtEveryRequest(t *testing.T) {
	a, _ := opened(t)
	if err := a.Add(t.Context(), zhang, password); err != nil {
		t.Fatal(err)
	}
	again := func(p string) error {
		_, err := a.VerifyAgain(t.Context(), "zhang", p, "10.0.0.1")
		return err
	}
	if err := again(password); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 50 {
		if err := again(password); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if cost := after.TotalAlloc - before.TotalAlloc; cost > memory<<10 { // KiB, of one hash
		t.Errorf("50 repeats asked for %d bytes of memory: they were hashed", cost)
	}
	if !errors.Is(again("wrong wrong"), Wrong) {
		t.Fatal("a wrong password passed")
	}
	if err := a.SetPassword(t.Context(), "zhang", "another passphrase"); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(again(password), Wrong) {
		t.Fatal("the old password still passed")
	}
	if err := again("another passphrase"); err != nil {
		t.Fatal(err)
	}
	if err := a.Disable(t.Context(), "zhang"); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(again("another passphrase"), Wrong) {
		t.Fatal("a disabled account passed")
	}
}

func TestAProgramMayAskForManyThingsAtOnce(t *testing.T) {
	a, _ := opened(t)
	if err := a.Add(t.Context(), zhang, password); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := a.VerifyAgain(t.Context(), "zhang", password, "10.0.0.1"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// session signs in and returns the token, as a browser would keep it.
func session(t *testing.T, a *Accounts, name string) (token string, at func(string) (Account, bool)) {
	t.Helper()
	m := a.NewSessions(false, Idle)
	ctx, err := m.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	account, err := a.Find(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.SignIn(ctx, m, account); err != nil {
		t.Fatal(err)
	}
	if token, _, err = m.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return token, func(token string) (Account, bool) {
		ctx, err := m.Load(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		account, ok, err := a.SignedIn(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := m.Commit(ctx); ok && err != nil {
			t.Fatal(err)
		}
		return account, ok
	}
}

func TestSessionsKeepNoToken(t *testing.T) {
	a, _ := opened(t)
	_ = a.Add(t.Context(), zhang, password)
	token, at := session(t, a, "zhang")
	if account, ok := at(token); !ok || account.Username != "zhang" {
		t.Fatalf("%+v %v", account, ok)
	}
	var kept string
	if err := a.db.QueryRow(`SELECT token_hash || data FROM sessions`).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(kept, token) {
		t.Fatal("the token itself lies in the database")
	}
	if _, ok := at(token + "x"); ok {
		t.Fatal("a made-up token was accepted")
	}
	if _, ok := at(kept[:64]); ok {
		t.Fatal("the hash from the database was accepted as a token")
	}
}

func TestWhatEndsASession(t *testing.T) {
	for name, end := range map[string]func(*Accounts, *time.Time) error{
		"disabled": func(a *Accounts, _ *time.Time) error { return a.Disable(t.Context(), "zhang") },
		"another password": func(a *Accounts, _ *time.Time) error {
			return a.SetPassword(t.Context(), "zhang", "another passphrase")
		},
		"half an hour": func(_ *Accounts, clock *time.Time) error { *clock = time.Now().Add(Idle + time.Second); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			a, clock := opened(t)
			*clock = time.Now()
			_ = a.Add(t.Context(), zhang, password)
			token, at := session(t, a, "zhang")
			if _, ok := at(token); !ok {
				t.Fatal("not signed in to begin with")
			}
			if err := end(a, clock); err != nil {
				t.Fatal(err)
			}
			if _, ok := at(token); ok {
				t.Fatal("the session lives on")
			}
		})
	}
}

func TestAnotherRoleHoldsAtTheNextRequest(t *testing.T) {
	a, _ := opened(t)
	_ = a.Add(t.Context(), zhang, password)
	token, at := session(t, a, "zhang")
	if err := a.SetRole(t.Context(), "zhang", Auditor); err != nil {
		t.Fatal(err)
	}
	if account, ok := at(token); !ok || account.Role != Auditor {
		t.Fatalf("%+v %v", account, ok)
	}
	if code(a.SetRole(t.Context(), "zhang", "root")) != "account.unknown-role" {
		t.Fatal("an unknown role was given")
	}
}

func TestADisabledAccountComesBackOnlyByAPassword(t *testing.T) {
	a, _ := opened(t)
	_ = a.Add(t.Context(), zhang, password)
	token, at := session(t, a, "zhang")
	for _, step := range []error{a.Disable(t.Context(), "zhang"), a.Enable(t.Context(), "zhang")} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if _, ok := at(token); ok {
		t.Fatal("the session from before lives again")
	}
	if _, err := a.Verify(t.Context(), "zhang", password, "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
}

func TestTheListIsInTheOrderOfTheProcess(t *testing.T) {
	a, _ := opened(t)
	for i, role := range []Role{Admin, Finance, Filer} {
		account := zhang
		account.Username, account.Role = fmt.Sprintf("u%d", i), role
		if err := a.Add(t.Context(), account, password); err != nil {
			t.Fatal(err)
		}
	}
	all, err := a.List(t.Context())
	if err != nil || len(all) != 3 || all[0].Role != Filer || all[2].Role != Admin {
		t.Fatalf("%+v %v", all, err)
	}
}

func TestReadingPagesDoesNotWriteAtEveryClick(t *testing.T) {
	a, _ := opened(t)
	s := sessions{a}
	end := a.now().Add(Idle)
	writes := func(expires time.Time) int64 {
		if err := s.CommitCtx(t.Context(), "token", []byte(`{}`), expires); err != nil {
			t.Fatal(err)
		}
		var kept int64
		if err := a.db.QueryRow(`SELECT expires FROM sessions`).Scan(&kept); err != nil {
			t.Fatal(err)
		}
		return kept
	}
	first := writes(end)
	if writes(end.Add(30*time.Second)) != first {
		t.Error("half a minute was written")
	}
	if writes(end.Add(61*time.Second)) == first {
		t.Error("a minute was not written")
	}
}
