package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/api"
	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/postgres"
	"wenxiao/eventstore/seal"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

func serveCommand() *cobra.Command {
	var addr, token string
	var secure bool
	var proxies []string
	var public string
	var mostFile int64
	var mostBehind uint64
	var out traffic
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "打开账本并提供网页和接口 (serve pages and API)",
		Long: `打开账本，在 --addr 提供网页和接口。对外服务应置于提供 TLS 的反向代理之后，并加 --tls。
Serves on loopback unless told otherwise; put a TLS proxy in front and add --tls.`,
		Args: exactly(0, "无"),
	}
	db := dbFlag(cmd)
	memberFlags(cmd, db)
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "监听地址 (listen on)")
	cmd.Flags().BoolVar(&secure, "tls", false, "经 TLS 访问：cookie 只走加密连接 (reached through TLS)")
	cmd.Flags().StringSliceVar(&proxies, "proxy", nil, "前置代理的地址或网段，如 127.0.0.1：采信它说明的来访地址 (proxies whose X-Forwarded-For is believed)")
	cmd.Flags().StringVar(&public, "public", "", "对外的网址，如 https://jx.example.gov.cn：印在回执的码里 (address printed on receipts)")
	cmd.Flags().Int64Var(&mostFile, "max-file", attachments.DefaultMost>>20, "每个附件至多几 MiB (largest attachment)")
	cmd.Flags().StringVar(&out.relay, "relay", "", "推送配置文件 (targets that committed events go to)")
	cmd.Flags().StringVar(&out.feeds, "feeds", "", "外来数据配置文件 (sources that commands come from)")
	cmd.Flags().Uint64Var(&mostBehind, "ready-behind", uint64(api.DefaultBehind), "查询表落后超过多少件，/readyz 就答不可用 (records the tables may be behind)")
	cmd.Flags().StringVar(&token, "metrics-token", "", "令牌所在文件：凭它可从别的机器看 /metrics (file of the token for /metrics from elsewhere)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if mostFile < 1 || mostFile > 1024 {
			return usage("--max-file 应为 1—1024，给的是 %d", mostFile)
		}
		if mostBehind < 1 {
			return usage("--ready-behind 应为 1 以上")
		}
		trusted, err := prefixes(proxies)
		if err != nil {
			return err
		}
		if public, err = publicAddress(public); err != nil {
			return err
		}
		if err := out.read(); err != nil {
			return err
		}
		if err := db.checkMember(); err != nil {
			return err
		}
		bearer, err := readToken(token)
		if err != nil {
			return err
		}
		listener, err := listen(addr)
		if err != nil {
			return err
		}
		defer listener.Close()
		site, err := openSite(cmd.Context(), *db, nil, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		defer site.Close()
		site.server.Secure, site.server.Proxies, site.server.Public = secure, trusted, public
		site.server.Files.Most = mostFile << 20
		site.server.MostBehind = eventstore.Position(mostBehind)
		site.server.Metrics.Token = bearer
		if err := site.connect(cmd.Context(), *db, out); err != nil {
			return err
		}
		return site.serve(cmd.Context(), listener, func(url string) {
			fmt.Fprintf(cmd.OutOrStdout(), "账本已打开 (ledger open): %s\n", url)
		})
	}
	return cmd
}

// prefixes reads addresses and ranges of addresses.
func prefixes(texts []string) (all []netip.Prefix, err error) {
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			ip, err := netip.ParseAddr(text)
			if err != nil {
				return nil, usage("--proxy 应为地址或网段，如 127.0.0.1 或 10.0.0.0/8，给的是 %q", text)
			}
			prefix = netip.PrefixFrom(ip, ip.BitLen())
		}
		all = append(all, prefix)
	}
	return all, nil
}

// publicAddress returns scheme and host of an address given with --public.
func publicAddress(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return "", usage("--public 应如 https://jx.example.gov.cn，给的是 %q", text)
	}
	return u.Scheme + "://" + u.Host, nil
}

// A site is a ledger open for writing with all that serves it.
type site struct {
	place    place
	records  eventstore.Store  // as opened
	store    eventstore.Store  // records, measured
	shared   eventstore.Shared // records, where several processes may serve them; nil where not
	guard    *postgres.Guard   // what keeps them apart; nil where there is one
	tables   io.Closer
	filled   projections.Views    // the tables where they are filled
	apart    bool                 // every process has tables of its own
	replica  *projections.Replica // where they are read; nil: where they are filled
	accounts *accounts.Accounts
	keys     *vault.Vault
	runner   *projections.Runner
	sealer   *sealer // nil while another process signs
	proof    *proof  // nil where no other process can
	server   *api.Server
	streams  io.Closer
	beside   []func(context.Context) error // what else runs while it leads
	serving  atomic.Bool                   // it has begun to answer
}

func openSite(ctx context.Context, p place, clock func() time.Time, errs io.Writer) (_ *site, err error) {
	s := &site{place: p}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	log, metrics := newLog(errs), api.NewMetrics()
	if err = p.upgradable(ctx, true); err != nil {
		return nil, err
	}
	if s.records, err = p.openStore(ctx, clock, eventstore.WithBatches(metrics.Batch)); err != nil {
		return nil, err
	}
	s.store = metrics.Measured(s.records)
	opened, err := s.share(ctx)
	if err != nil {
		return nil, err
	}
	defer opened()
	if err = s.rightHome(ctx); err != nil {
		return nil, err
	}
	tables, err := projections.OpenDB(ctx, p.views())
	if err != nil {
		return nil, err
	}
	s.tables, s.filled = tables, projections.Views{DB: projections.Prepared(tables)}
	s.runner = projections.NewRunner(tables, s.store, log, projections.All()...)
	read := s.filled
	if p.reads != "" {
		if s.replica, err = projections.OpenReplica(ctx, tables, p.reads, log); err != nil {
			return nil, err
		}
		s.runner.ReadFrom(s.replica)
		read.DB = s.replica
	}
	if s.accounts, err = accounts.Open(ctx, p.accounts()); err != nil {
		return nil, err
	}
	if s.keys, err = vault.Open(ctx, p.beside("keys")); err != nil {
		return nil, err
	}
	files, err := attachments.Open(p.beside("files"))
	if err != nil {
		return nil, err
	}
	s.server = &api.Server{
		Store: s.store, Views: read, Runner: s.runner, Accounts: s.accounts, Files: files, Vault: s.keys, Now: time.Now, Log: log, Metrics: metrics,
		Guard: eventstore.NewGuard(),
	}
	if _, s.server.Invented, err = invented(ctx, s.store); err != nil {
		return nil, err
	}
	if s.shared != nil {
		s.join()
		return s, nil
	}
	if s.sealer, err = p.openSealer(ctx, s.store, "", log); err != nil {
		return nil, err
	}
	s.server.Sealer = s.sealer.Sealer
	return s, nil
}

// share opens what keeps the processes of a shared ledger apart, and has them
// open the rest one after the other: their tables are made when they are missing.
func (s *site) share(ctx context.Context) (opened func(), err error) {
	shared, ok := s.records.(eventstore.Shared)
	if !ok {
		return func() {}, nil
	}
	s.shared, s.apart = shared, !isPostgres(s.place.views())
	if s.guard, err = postgres.OpenGuard(ctx, s.place.url); err != nil {
		return nil, err
	}
	return s.guard.Alone(ctx, "opening")
}

// join has the server hold what must hold between processes, and show the log as
// it is published, by whomever.
func (s *site) join() {
	s.proof = &proof{Observer: seal.NewObserver(s.store, s.place.tiles(), s.place.beside("seal"))}
	s.server.Sealer, s.server.Guard, s.server.Members = s.proof, s.guard, s.shared
	s.server.Files.Alone = func() (func(), error) {
		ctx, cancel := context.WithTimeout(context.Background(), untilAlone)
		defer cancel()
		return s.guard.Alone(ctx, "files")
	}
}

// untilAlone is how long a file waits for those of other processes.
const untilAlone = 30 * time.Second

// Close closes what was opened, last first.
func (s *site) Close() error {
	var all []error
	if s.streams != nil {
		all = append(all, s.streams.Close())
	}
	if s.sealer != nil {
		all = append(all, s.sealer.Close())
	}
	if s.keys != nil {
		all = append(all, s.keys.Close())
	}
	if s.accounts != nil {
		all = append(all, s.accounts.Close())
	}
	if s.replica != nil {
		all = append(all, s.replica.Close())
	}
	if s.tables != nil {
		all = append(all, s.tables.Close())
	}
	if s.guard != nil {
		s.guard.Close()
	}
	if s.records != nil {
		all = append(all, s.records.Close())
	}
	return errors.Join(all...)
}

// listen takes the address first of all, so that one that cannot be had leaves
// nothing behind.
func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, domain.Refusal{Code: "serve.address", Reason: fmt.Sprintf("不能在 %s 监听：%s", addr, unheard(err)), Field: "--addr"}
	}
	return listener, nil
}

// serve answers requests and keeps the tables up to the ledger until ctx
// ends; requests under way are finished. Nobody is answered from tables that
// have not caught up yet.
func (s *site) serve(ctx context.Context, listener net.Listener, ready func(url string)) (err error) {
	working, stop := context.WithCancel(context.WithoutCancel(ctx)) // until the last request is answered
	defer stop()
	beside := s.start(working)
	defer func() {
		stop()
		if ended := beside.wait(); !errors.Is(err, ended) {
			err = errors.Join(err, ended)
		}
	}()
	if err := beside.first(ctx, s); err != nil {
		return err
	}
	s.serving.Store(true)
	server := s.server.HTTP(listener.Addr().String())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ready("http://" + listener.Addr().String() + "/")
	select {
	case <-ctx.Done():
	case err = <-served:
	case <-beside.ended: // it could never lead again, yet might be the one to
	}
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	if err = errors.Join(err, server.Shutdown(grace)); errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
