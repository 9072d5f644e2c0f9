package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"wenxiao/domain"
)

// Wrong refuses a sign-in. It never says which of the three it was.
var Wrong = domain.Refusal{Code: "sign-in.refused", Reason: "账户或密码不对，或者账户已停用"}

// Verify returns the account whose password this is. Anything wrong with it is
// [Wrong]; too many wrong ones from address are [TooMany].
func (a *Accounts) Verify(ctx context.Context, name, password, address string) (Account, error) {
	right, err := a.attempts.allow(a.now(), fold(name), address)
	if err != nil {
		return Account{}, err
	}
	account, hash, err := a.find(ctx, name)
	unknown := errors.Is(err, ErrUnknown)
	if err != nil && !unknown {
		return Account{}, err
	}
	if unknown {
		hash = nobody
	}
	ok, err := matches(ctx, password, hash)
	if err != nil {
		return Account{}, err
	}
	if !ok || unknown || account.Disabled {
		return Account{}, Wrong
	}
	right()
	return account, nil
}

// verified is a password found right a short while ago.
type verified struct {
	epoch int64
	until time.Time
}

// secret keys the hashes of passwords found right; it lives as long as the process.
var secret = func() (key [32]byte) {
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process instead
	return key
}()

// VerifyAgain is [Accounts.Verify] for programs, which send their password with
// every request: one found right within the last five minutes is not hashed
// again, unless the account has changed.
func (a *Accounts) VerifyAgain(ctx context.Context, name, password, address string) (Account, error) {
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte(fold(name) + "\x00" + password))
	key := string(mac.Sum(nil))
	turn, _ := a.turns.get(key, func() *sync.Mutex { return new(sync.Mutex) })
	turn.Lock() // of many requests at once one is hashed, and the others find it done
	defer turn.Unlock()
	if known, ok := a.verified.get(key, nil); ok && a.now().Before(known.until) {
		account, err := a.Find(ctx, name)
		if err == nil && !account.Disabled && account.epoch == known.epoch {
			return account, nil
		}
	}
	a.verified.forget(key)
	account, err := a.Verify(ctx, name, password, address)
	if err == nil {
		a.verified.get(key, func() verified { return verified{account.epoch, a.now().Add(5 * time.Minute)} })
	}
	return account, err
}
