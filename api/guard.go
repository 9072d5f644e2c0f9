package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	maxBody   = 1 << 20 // of a command
	maxUpload = 4 << 20 // of a table to check
)

// guard stands before every route, those that do not exist too. Outermost first:
// a number for the request, the log, panics, headers, and only then what may
// refuse it.
func (s *Server) guard(routes http.Handler) http.Handler {
	h := s.identify(routes)
	h = s.withSession(h)
	h = s.legible(h)
	h = s.limit(h)
	h = s.sameOrigin(h)
	if s.Demo {
		h = s.onlyHere(h)
	}
	h = s.headers(h)
	h = s.recover(h)
	h = s.logged(h)
	return numbered(h)
}

type requestKey struct{}

// numbered gives each request a number of its own, or takes the caller's
// X-Request-ID where that is plain: it becomes the correlation of what is
// written, and the log has it.
func numbered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-ID")
		if !plain(id, 64) {
			id = uuid.Must(uuid.NewV7()).String()
		}
		w.Header().Set("X-Request-ID", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// plain reports whether s has 1 to limit visible ASCII characters.
func plain(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// answered remembers what was answered.
type answered struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// caller is who asked, found out further in and told by the log.
type caller struct{ username string }

type callerKey struct{}

func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, answer, by := time.Now(), &answered{ResponseWriter: w}, new(caller)
		r = r.WithContext(context.WithValue(r.Context(), callerKey{}, by))
		defer func() {
			s.Log.InfoContext(r.Context(), "request", "request", requestID(r.Context()), "username", by.username, "method", r.Method, "path", r.URL.Path,
				"status", answer.status, "bytes", answer.bytes, "took", time.Since(start).Round(time.Microsecond), "from", s.address(r))
		}()
		next.ServeHTTP(answer, r)
	})
}

// recover turns a panic into the one sentence people are told of faults.
func (s *Server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			what := recover()
			if what == nil {
				return
			}
			if err, ok := what.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(what)
			}
			err := fmt.Errorf("panic: %v\n%s", what, debug.Stack())
			if answer, ok := w.(*answered); ok && answer.status != 0 {
				s.Log.ErrorContext(r.Context(), "request failed half-way", "request", requestID(r.Context()), "err", err)
				panic(http.ErrAbortHandler) // a cut connection is better than a page that looks whole
			}
			s.fail(w, r, err)
		}()
		next.ServeHTTP(w, r)
	})
}

// policy allows a page what it needs: its own files. Nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// onlyHere keeps the demonstration on this machine, also from a page elsewhere
// that had its own name lead here (DNS rebinding).
func (s *Server) onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !loopback(s.address(r)) || (host != "localhost" && !loopback(strings.Trim(host, "[]"))) {
			s.fail(w, r, Denied{Code: "demo.elsewhere", Rule: "演示只能在本机打开，地址须为 127.0.0.1 或 localhost"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopback(host string) bool { ip := net.ParseIP(host); return ip != nil && ip.IsLoopback() }

// sameOrigin refuses a change asked for by another site's page (CSRF).
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, Denied{Code: "request.cross-origin", Rule: "请求来自另一个网站的页面，没有办理"})
	}))
	return protection.Handler(next)
}

// legible refuses an address, or a name to sign in with, that is no text: no
// record is called so, and PostgreSQL cannot even be asked for it.
func (s *Server) legible(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := r.BasicAuth()
		asked := append([]string{r.URL.Path, name}, typed(r.URL.Query())...)
		if slices.ContainsFunc(asked, illegible) {
			s.fail(w, r, notText())
			return
		}
		next.ServeHTTP(w, r)
	})
}

func notText() *Problem {
	return &Problem{Status: http.StatusBadRequest, Title: "读不懂", Code: "request.not-text", Reason: "请求里有不是文字的字节"}
}

// illegible reports whether s is anything else than UTF-8 without NUL.
func illegible(s string) bool { return !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 }

// typed is everything a query or a form says.
func typed(form url.Values) (all []string) {
	for _, v := range form {
		all = append(all, v...)
	}
	return all
}

// limit cuts a body off at what its address may take.
func (s *Server) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := s.most(r.URL.Path)
		if r.ContentLength > most {
			w.Header().Set("Connection", "close")
			s.fail(w, r, &http.MaxBytesError{Limit: most})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// takesFiles tells the addresses that take whole tables.
func takesFiles(path string) bool {
	switch path {
	case "/check", "/api/v1/score":
		return true
	}
	return false
}
