// Package api answers HTTP. A handler turns a request into one command or one
// query and its result into a response; it decides nothing.
package api

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"wenxiao/api/accounts"
	"wenxiao/api/feeds"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
	"wenxiao/projections/relay"
)

// Server holds what the handlers need. The fields are set before [Server.Handler]
// is called and not changed after.
type Server struct {
	Store    eventstore.Store
	Views    projections.Views
	Runner   *projections.Runner
	Accounts *accounts.Accounts
	Vault    *vault.Vault      // keys of private persons
	Sealer   Sealer            // nil: the ledger is served without proof
	Guard    eventstore.Guard  // nil: no other process serves this ledger
	Members  eventstore.Shared // who leads; nil: no other process serves this ledger
	Now      func() time.Time
	Log      *slog.Logger
	Files    *attachments.Directory // what acts rest on

	Deliveries *relay.Deliveries // what goes to other systems; nil: nothing
	Inbox      *feeds.Inbox      // what comes from them; nil: nothing
	Metrics    *Metrics          // nil: none are kept

	Demo     bool           // the demonstration: its roles may be taken without a password, from this machine only
	Invented bool           // the ledger is a demonstration's, whoever serves it: every page says so
	Proxies  []netip.Prefix // that stand before the server and say for whom they ask
	Public   string         // address people reach the server by, such as https://jx.example.gov.cn; printed on receipts
	Secure   bool           // reached through TLS, its own or a proxy's: cookies never leave it
	Idle     time.Duration  // without a request before a session ends; zero: [accounts.Idle]

	MostBehind eventstore.Position // records the tables may be behind and requests still be sent here; zero: [DefaultBehind]

	pace pace // of the tables, as it was asked for before

	sessions *scs.SessionManager
	probes   sync.Map // *rate.Limiter by username: see [Server.probe]
}

// Handler returns every route there is, behind the guards.
func (s *Server) Handler() http.Handler {
	if s.Guard == nil {
		s.Guard = eventstore.NewGuard()
	}
	idle := s.Idle
	if idle == 0 {
		idle = accounts.Idle
	}
	s.sessions = s.Accounts.NewSessions(s.Secure, idle)
	s.sessions.ErrorFunc = s.fail
	return s.guard(s.routes())
}

// HTTP returns a server for Handler at addr that no slow client can hold open.
func (s *Server) HTTP(addr string) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
}

// today is the day in Beijing: the clock reaches the domain only as a value.
func (s *Server) today() domain.Day { return domain.DayOf(s.Now()) }
