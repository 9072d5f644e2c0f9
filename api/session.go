package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"wenxiao/api/accounts"
	"wenxiao/domain"
)

// Who asks for a change: an account, in one request. Everything the ledger
// writes about the actor comes from here, never from a body.
type Who struct {
	accounts.Account
	Command     string    // id under which the change is made once, however often it is asked for
	Correlation string    // number of the request
	EffectiveAt time.Time // when it happened in the world; zero: now
	Attachments []string  // digests of the files it rests on
	Trial       bool      // decide and write nothing: what a person would be refused is said before they sign
}

type whoKey struct{}

// who returns who signed in. A handler that changes something sets Command to
// the one its form carried, so that a form sent twice is carried out once.
func (s *Server) who(r *http.Request) (Who, bool) { return whoIn(r.Context()) }

func whoIn(ctx context.Context) (Who, bool) {
	account, ok := ctx.Value(whoKey{}).(accounts.Account)
	if !ok {
		return Who{}, false
	}
	return Who{Account: account, Command: uuid.Must(uuid.NewV7()).String(), Correlation: requestID(ctx)}, true
}

// actor returns who signed in, as the ledger names who acts and as an account.
func (s *Server) actor(r *http.Request) (domain.Actor, accounts.Account, bool) {
	who, ok := s.who(r)
	return who.Actor(), who.Account, ok
}

// outside tells the addresses that need no session: files, and what machines ask.
func outside(path string) bool {
	return strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/docs") || path == "/openapi.json" ||
		path == "/healthz" || path == "/readyz" || path == "/metrics" || strings.HasPrefix(path, "/feeds/") || path == "/checkpoint" || path == "/policy"
}

// forPrograms tells the addresses that take a password with each request: the
// API, and the log, whose entries an auditor's own tool fetches.
func forPrograms(path string) bool {
	return strings.HasPrefix(path, "/api/v1/") || strings.HasPrefix(path, "/tile/")
}

// withSession reads and saves the session around everything inside.
func (s *Server) withSession(next http.Handler) http.Handler {
	inside := s.sessions.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if outside(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		inside.ServeHTTP(w, r)
	})
}

// identify puts the account of the session, or for programs that of the
// Authorization header, into the request. The account is read anew each time: a
// change of role or a disabled account takes effect at once.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if outside(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		account, ok, err := s.signedIn(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if ok {
			if by, logged := r.Context().Value(callerKey{}).(*caller); logged {
				by.username = account.Username
			}
			r = r.WithContext(context.WithValue(r.Context(), whoKey{}, account))
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) signedIn(r *http.Request) (accounts.Account, bool, error) {
	name, password, basic := r.BasicAuth()
	if !basic || !forPrograms(r.URL.Path) {
		return s.Accounts.SignedIn(r.Context(), s.sessions)
	}
	if !s.Secure && r.TLS == nil && !loopback(s.address(r)) {
		return accounts.Account{}, false, Denied{Code: "sign-in.in-the-clear", Rule: "密码不得明文传输：须经 TLS，或在本机"}
	}
	account, err := s.Accounts.VerifyAgain(r.Context(), name, password, s.address(r))
	return account, err == nil, err
}

// signIn opens a session for the account with this password. Its error is the
// one to show: wrong password, too many attempts.
func (s *Server) signIn(r *http.Request, username, password string) error {
	account, err := s.Accounts.Verify(r.Context(), username, password, s.address(r))
	if err != nil {
		s.Log.WarnContext(r.Context(), "sign-in refused", "request", requestID(r.Context()), "username", username, "from", s.address(r), "err", err)
		return err
	}
	return s.open(r, account)
}

// signInDemo opens a session for one of the demonstration's roles, which have no
// password. [Server.onlyHere] has seen to it that the caller sits at this machine.
func (s *Server) signInDemo(r *http.Request, username string) error {
	if !s.Demo {
		return Denied{Code: "demo.off", Rule: "这不是演示账本，须用账户和密码登录"}
	}
	account, err := s.Accounts.Find(r.Context(), username)
	if errors.Is(err, accounts.ErrUnknown) || account.Disabled {
		return accounts.Wrong
	}
	if err != nil {
		return err
	}
	return s.open(r, account)
}

func (s *Server) open(r *http.Request, account accounts.Account) error {
	s.Log.InfoContext(r.Context(), "signed in", "request", requestID(r.Context()), "username", account.Username, "from", s.address(r))
	return s.Accounts.SignIn(r.Context(), s.sessions, account)
}

// signOut ends the session, here and on the server.
func (s *Server) signOut(r *http.Request) error { return s.sessions.Destroy(r.Context()) }
