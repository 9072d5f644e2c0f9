package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"wenxiao/api/accounts"
	"wenxiao/api/esdbgate"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
)

func storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "以 EventStoreDB 协议提供账本或事件库 (the EventStoreDB protocol)",
		Args:  exactly(0, "无"),
	}
	cmd.AddCommand(storeServe())
	return cmd
}

// A gateway is what store serve is told.
type gateway struct {
	addr, cert, key string
	insecure        bool
	maxAppend       int
	metrics         string // where /metrics is; empty: nowhere
}

func storeServe() *cobra.Command {
	var g gateway
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "开放给 EventStoreDB 的客户端 (serve clients of EventStoreDB)",
		Long: `按 EventStoreDB 的 gRPC 协议提供 --db 里的内容，任何语言的官方客户端都能用。
--db 是账本，只读：审计、纪检、人大和财政账户可从头重放全部记录，任何写入都被拒绝。
--db 是空的，或是本命令建立的事件库，可读可写：独立的事件库，与账本无关。
The ledger is served read-only; an empty place becomes an event store of its own.

  wenxiao store serve --db sqlite:wenxiao.db --tls-cert node.crt --tls-key node.key
  wenxiao store serve --db sqlite:events.db --insecure`,
		Args: exactly(0, "无"),
	}
	db := dbFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&g.addr, "listen", "127.0.0.1:2113", "监听地址 (listen on)")
	f.StringVar(&g.cert, "tls-cert", "", "证书文件 (certificate, PEM)")
	f.StringVar(&g.key, "tls-key", "", "证书的私钥文件 (its key, PEM)")
	f.BoolVar(&g.insecure, "insecure", false, "不加密，不问账户，只限本机 (no TLS, no passwords: loopback only)")
	f.IntVar(&g.maxAppend, "max-append", esdbgate.DefaultMaxAppend, "一次写入最多多少字节 (bytes of one append)")
	f.StringVar(&g.metrics, "metrics", "", "在这个本机地址提供 /metrics、/healthz、/readyz，如 127.0.0.1:2114；不写即不提供 (off unless given)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return g.serve(cmd.Context(), *db, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

func (g gateway) serve(ctx context.Context, p place, out, errs io.Writer) (err error) {
	options, err := g.transport()
	if err != nil {
		return err
	}
	listener, err := listen(g.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	counted := newTally()
	store, ledger, err := openServed(ctx, p, eventstore.WithBatches(counted.Batch))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if !ledger {
		store = counted.Measured(store)
	}
	settings := esdbgate.Options{MaxAppend: g.maxAppend, Log: newLog(errs)}
	if !g.insecure {
		all, err := accounts.Open(ctx, p.accounts())
		if err != nil {
			return err
		}
		defer all.Close()
		settings.Authenticate = authenticator(all, ledger)
	}
	var gate *esdbgate.Gate
	if ledger {
		gate = esdbgate.OverLedger(store, settings)
	} else if gate, err = esdbgate.OverEvents(ctx, store, settings); err != nil {
		return err
	}
	defer gate.Close()
	what := map[bool]string{true: "账本，只读 (the ledger, read-only)", false: "事件库，可读可写 (an event store)"}[ledger]
	fmt.Fprintf(out, "%s: esdb://%s?tls=%t\n", what, listener.Addr(), !g.insecure)
	server := gate.Server(append(options, grpc.StatsHandler(counted))...)
	counted.watch(store, server)
	if g.metrics != "" {
		stop, err := serveMetrics(g.metrics, counted.Registry, func(ctx context.Context) error {
			_, err := store.Head(ctx)
			return err
		})
		if err != nil {
			return err
		}
		defer stop()
	}
	return serveGate(ctx, server, listener)
}

// transport demands TLS, except on this machine where it was said to do without.
func (g gateway) transport() ([]grpc.ServerOption, error) {
	switch {
	case g.insecure && (g.cert != "" || g.key != ""):
		return nil, usage("--insecure 与 --tls-cert、--tls-key 只能选一种")
	case g.insecure:
		host, _, err := net.SplitHostPort(g.addr)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, usage("--insecure 只许监听本机地址，如 127.0.0.1:2113，给的是 %q", g.addr)
		}
		return nil, nil
	case g.cert == "" || g.key == "":
		return nil, usage("须写 --tls-cert 与 --tls-key，或 --insecure（只限本机）")
	}
	pair, err := tls.LoadX509KeyPair(g.cert, g.key)
	if err != nil {
		return nil, domain.Refusal{Code: "store.certificate", Reason: fmt.Sprintf("证书或私钥不能用：%v", err), Field: "--tls-cert"}
	}
	return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
	}))}, nil
}

// openServed opens what is at a place: a ledger for reading, never for writing;
// anything else as an event store.
func openServed(ctx context.Context, p place, options ...eventstore.Option) (store eventstore.Store, ledger bool, err error) {
	if p.isEventStore() {
		return nil, false, usage("--db 已是 EventStoreDB，直接连接即可：%s", p)
	}
	if err := p.check(); err != nil {
		return nil, false, err
	}
	if reader, ledger, err := openLedgerOnly(ctx, p); err != nil || ledger {
		return reader, ledger, err
	}
	if store, err = p.openEvents(ctx, options...); err != nil {
		return nil, false, err
	}
	if err := esdbgate.Found(ctx, store); err != nil {
		return nil, false, errors.Join(err, store.Close())
	}
	return store, false, nil
}

// openEvents opens an event store for this process alone: two that hand out the
// events of a group would hand out each twice.
func (p place) openEvents(ctx context.Context, options ...eventstore.Option) (eventstore.Store, error) {
	if p.isPostgres() {
		return opened(postgres.Open(ctx, p.url, options...))
	}
	return p.openStore(ctx, nil, options...)
}

// openLedgerOnly returns the reader of a ledger, or none where there is none.
func openLedgerOnly(ctx context.Context, p place) (eventstore.Store, bool, error) {
	if path, ok := p.path(); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, false, nil
		}
	}
	reader, err := p.openReader(ctx)
	if absent(err) {
		return nil, false, nil
	}
	if err != nil { // what is there may be a ledger: opening that for writing would take it from its server
		return nil, false, err
	}
	nothing, events, err := esdbgate.Holds(ctx, reader)
	if err == nil && !nothing && !events {
		return reader, true, nil
	}
	return nil, false, errors.Join(err, reader.Close())
}

// absent reports a database without the tables of a store.
func absent(err error) bool {
	said := new(pgconn.PgError)
	return errors.As(err, &said) && (said.Code == "42P01" || said.Code == "3F000") // undefined table, or schema
}

// readers are the roles that may replay the whole ledger: those that may read
// every envelope in the public log.
var readers = map[accounts.Role]bool{
	accounts.Auditor: true, accounts.Inspector: true, accounts.Congress: true, accounts.Finance: true,
}

// authenticator lets accounts in. In an event store whoever supervises reads,
// others write too, and only who keeps the system deletes.
func authenticator(all *accounts.Accounts, ledger bool) func(context.Context, string, string, string) (esdbgate.Caller, error) {
	return func(ctx context.Context, user, password, address string) (esdbgate.Caller, error) {
		account, err := all.VerifyAgain(ctx, user, password, address)
		if refused := new(domain.Refusal); errors.As(err, refused) {
			return esdbgate.Caller{}, fmt.Errorf("%w: %s", esdbgate.ErrNobody, refused.Reason)
		}
		if err != nil {
			return esdbgate.Caller{}, err
		}
		caller := esdbgate.Caller{Actor: account.Actor()}
		switch {
		case ledger && readers[account.Role]:
			caller.Rights = esdbgate.Read
		case ledger:
		case account.Role == accounts.Admin:
			caller.Rights = esdbgate.Everything
		case account.Role == accounts.Auditor, account.Role == accounts.Inspector, account.Role == accounts.Congress:
			caller.Rights = esdbgate.Read
		default:
			caller.Rights = esdbgate.Read | esdbgate.Append
		}
		return caller, nil
	}
}

// serveGate serves until ctx ends. Calls under way have a moment to finish;
// subscriptions never do.
func serveGate(ctx context.Context, server *grpc.Server, listener net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	hurry := time.AfterFunc(3*time.Second, server.Stop)
	defer hurry.Stop()
	server.GracefulStop()
	return <-ended
}
