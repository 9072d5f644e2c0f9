package accounts

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/alexedwards/scs/v2"
)

const (
	// Idle is how long a session lasts without a request, unless set otherwise.
	Idle = 30 * time.Minute

	// Longest is how long a session lasts whatever happens in it.
	Longest = 8 * time.Hour

	// touch is the step in which the end of an idle session moves, so that
	// reading pages does not write to disk at every click.
	touch = time.Minute
)

// NewSessions returns the keeper of sessions. A session ends after idle without
// a request, to within a minute, and after eight hours in any case. Where the
// browser comes through TLS, secure keeps the cookie from ever leaving it.
func (a *Accounts) NewSessions(secure bool, idle time.Duration) *scs.SessionManager {
	m := scs.New()
	m.Store, m.Codec = sessions{a}, codec{}
	m.IdleTimeout, m.Lifetime = idle, Longest
	m.Cookie.Name, m.Cookie.Persist = "wenxiao-session", false
	if secure {
		m.Cookie.Name, m.Cookie.Secure = "__Host-wenxiao-session", true
	}
	return m
}

// SignIn makes the session of ctx the account's, under a new token.
func (a *Accounts) SignIn(ctx context.Context, m *scs.SessionManager, account Account) error {
	if err := m.RenewToken(ctx); err != nil {
		return err
	}
	m.Put(ctx, "username", account.Username)
	m.Put(ctx, "epoch", strconv.FormatInt(account.epoch, 10))
	return nil
}

// SignedIn returns the account of ctx's session as it is now. There is none when
// nobody signed in, when the account was disabled, or when its password changed
// since.
func (a *Accounts) SignedIn(ctx context.Context, m *scs.SessionManager) (Account, bool, error) {
	name := m.GetString(ctx, "username")
	if name == "" {
		return Account{}, false, nil
	}
	account, err := a.Find(ctx, name)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return Account{}, false, err
	}
	if err != nil || account.Disabled || m.GetString(ctx, "epoch") != strconv.FormatInt(account.epoch, 10) {
		return Account{}, false, m.Destroy(ctx)
	}
	return account, true, nil
}

// sessions is a store of sessions that knows of each token only its hash: who
// reads the database cannot take over a session.
type sessions struct{ *Accounts }

var _ scs.CtxStore = sessions{}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CommitCtx leaves the row alone when all that would change is its end, and that
// by less than touch.
func (s sessions) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO sessions (token_hash, data, expires) VALUES ($1, $2, $3)
		ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires = excluded.expires
		WHERE sessions.data <> excluded.data OR sessions.expires < excluded.expires - $4`,
		hashed(token), string(data), expires.UnixMilli(), touch.Milliseconds())
	return err
}

func (s sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data string
	err := s.db.QueryRowContext(ctx, `SELECT data FROM sessions WHERE token_hash = $1 AND expires > $2`,
		hashed(token), s.now().UnixMilli()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return []byte(data), err == nil, err
}

// DeleteCtx takes the expired ones with it: sessions end by sign-out or by time,
// and both come past here.
func (s sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = $1 OR expires <= $2`, hashed(token), s.now().UnixMilli())
	return err
}

// The forms without a context are asked for by the interface and never called.

func (s sessions) Commit(token string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expires)
}

func (s sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}
func (s sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// codec keeps a session as JSON, which for equal sessions is equal.
type codec struct{}

type stored struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(stored{deadline, values})
}

func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	var s stored
	err := json.Unmarshal(data, &s)
	if s.Values == nil {
		s.Values = map[string]any{}
	}
	return s.Deadline, s.Values, err
}
