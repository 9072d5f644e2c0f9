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
	"time"

	"github.com/spf13/cobra"

	"wenxiao/api"
	"wenxiao/api/accounts"
	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/attachments"
	"wenxiao/eventstore/vault"
	"wenxiao/projections"
)

func serveCommand() *cobra.Command {
	var addr, token string
	var secure bool
	var proxies []string
	var public string
	var mostFile int64
	var out traffic
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "打开账本并提供网页和接口 (serve pages and API)",
		Long: `打开账本，在 --addr 提供网页和接口。对外服务应置于提供 TLS 的反向代理之后，并加 --tls。
Serves on loopback unless told otherwise; put a TLS proxy in front and add --tls.`,
		Args: exactly(0, "无"),
	}
	db := dbFlag(cmd)
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "监听地址 (listen on)")
	cmd.Flags().BoolVar(&secure, "tls", false, "经 TLS 访问：cookie 只走加密连接 (reached through TLS)")
	cmd.Flags().StringSliceVar(&proxies, "proxy", nil, "前置代理的地址或网段，如 127.0.0.1：采信它说明的来访地址 (proxies whose X-Forwarded-For is believed)")
	cmd.Flags().StringVar(&public, "public", "", "对外的网址，如 https://jx.example.gov.cn：印在回执的码里 (address printed on receipts)")
	cmd.Flags().Int64Var(&mostFile, "max-file", attachments.DefaultMost>>20, "每个附件至多几 MiB (largest attachment)")
	cmd.Flags().StringVar(&out.relay, "relay", "", "推送配置文件 (targets that committed events go to)")
	cmd.Flags().StringVar(&out.feeds, "feeds", "", "外来数据配置文件 (sources that commands come from)")
	cmd.Flags().StringVar(&token, "metrics-token", "", "令牌所在文件：凭它可从别的机器看 /metrics (file of the token for /metrics from elsewhere)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if mostFile < 1 || mostFile > 1024 {
			return usage("--max-file 应为 1—1024，给的是 %d", mostFile)
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
	store    eventstore.Store
	tables   io.Closer
	accounts *accounts.Accounts
	keys     *vault.Vault
	runner   *projections.Runner
	sealer   *sealer
	server   *api.Server
	streams  io.Closer
	beside   []func(context.Context) error // what runs while it serves
}

func openSite(ctx context.Context, p place, clock func() time.Time, errs io.Writer) (_ *site, err error) {
	s := new(site)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	metrics := api.NewMetrics()
	store, err := p.openStore(ctx, clock, eventstore.WithBatches(metrics.Batch))
	if err != nil {
		return nil, err
	}
	s.store = metrics.Measured(store)
	tables, err := projections.OpenDB(ctx, p.views())
	if err != nil {
		return nil, err
	}
	s.tables = tables
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
	log := newLog(errs)
	if s.sealer, err = p.openSealer(ctx, s.store, "", log); err != nil {
		return nil, err
	}
	s.runner = projections.NewRunner(tables, s.store, log, projections.All()...)
	s.server = &api.Server{
		Store: s.store, Views: projections.Views{DB: tables}, Runner: s.runner, Accounts: s.accounts, Files: files, Sealer: s.sealer.Sealer, Vault: s.keys, Now: time.Now, Log: log, Metrics: metrics,
	}
	return s, nil
}

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
	if s.tables != nil {
		all = append(all, s.tables.Close())
	}
	if s.store != nil {
		all = append(all, s.store.Close())
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
	if err := catchUp(ctx, s.runner, s.store); err != nil {
		return err
	}
	if _, err := forget(ctx, s.keys, s.server.Views); err != nil {
		return err
	}
	if err := s.sealer.begin(ctx, s.store); err != nil {
		return err
	}
	server := s.server.HTTP(listener.Addr().String())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	followed := make(chan error, 1)
	go func() { followed <- s.runner.Run(ctx) }()
	sealed := make(chan error, 1)
	go func() { sealed <- s.sealer.Run(ctx) }()
	swept := make(chan error, 1)
	go func() { swept <- s.server.SweepFiles(ctx) }()
	beside := s.start(ctx)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	ready("http://" + listener.Addr().String() + "/")
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	cancel()
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	err = errors.Join(err, server.Shutdown(grace), beside())
	for _, ended := range []chan error{followed, sealed, swept} {
		if stopped := <-ended; !errors.Is(stopped, context.Canceled) {
			err = errors.Join(err, stopped)
		}
	}
	_, _ = s.sealer.Seal(grace) // what was filed last is signed, too; what keeps it from being is in the log
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
