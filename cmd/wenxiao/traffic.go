package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"wenxiao/api"
	"wenxiao/api/accounts"
	"wenxiao/api/feeds"
	"wenxiao/domain"
	"wenxiao/eventstore/pubsub"
	"wenxiao/projections/relay"
)

// traffic is what goes out of a ledger and comes into it while it is served.
type traffic struct {
	relay, feeds string // files of configuration; empty: none

	targets relay.Config
	sources feeds.Config
}

// read reads the files before anything is opened, so that what is wrong in them
// leaves nothing behind.
func (t *traffic) read() (err error) {
	if t.relay != "" {
		if t.targets, err = readTargets(t.relay); err != nil {
			return err
		}
	}
	if t.feeds != "" {
		t.sources, err = readSources(t.feeds)
	}
	return err
}

func readTargets(path string) (relay.Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return relay.Config{}, domain.Refusal{Code: "relay.no-file", Reason: "读不到推送配置 " + path}
	}
	c, err := relay.ReadConfig(data)
	if err != nil {
		return c, fileError{path, err}
	}
	return c, nil
}

func readSources(path string) (feeds.Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return feeds.Config{}, domain.Refusal{Code: "feed.no-file", Reason: "读不到外来数据配置 " + path}
	}
	c, err := feeds.ReadConfig(data, api.FeedCommands())
	if err != nil {
		return c, fileError{path, err}
	}
	return c, nil
}

// readToken reads the first line of a file.
func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", domain.Refusal{Code: "serve.no-token", Field: "--metrics-token", Reason: "读不到令牌文件 " + path}
	}
	token, _, _ := strings.Cut(strings.TrimSpace(string(data)), "\n")
	if len(token) < relay.MinSecret {
		return "", domain.Refusal{Code: "serve.short-token", Field: "--metrics-token", Reason: fmt.Sprintf("令牌少于 %d 个字符", relay.MinSecret)}
	}
	return token, nil
}

// connect prepares what goes out and comes in. The pages show it also where this
// process does neither: another may.
func (s *site) connect(ctx context.Context, p place, t traffic) error {
	db, err := pubsub.OpenDB(ctx, p.streams())
	if err != nil {
		return err
	}
	s.streams = db
	if s.server.Deliveries, err = relay.OpenDeliveries(ctx, db); err != nil {
		return err
	}
	letters, err := feeds.OpenLetters(ctx, db)
	if err != nil {
		return err
	}
	if err := s.checkAccounts(ctx, t.sources); err != nil {
		return err
	}
	s.server.Inbox = s.server.NewInbox(letters, t.sources.Sources)
	s.server.Metrics.Watch(s.server)
	if len(t.targets.Targets) > 0 {
		r := &relay.Relay{
			Store: s.store, Deliveries: s.server.Deliveries, Targets: t.targets.Targets, Log: s.server.Log,
			Metrics: relay.NewMetrics(s.server.Metrics.Registry),
		}
		s.beside = append(s.beside, r.Run)
	}
	s.beside = append(s.beside, func(ctx context.Context) error { s.server.Inbox.Run(ctx, s.server.Log); return nil })
	return nil
}

// checkAccounts refuses sources of accounts that there are not.
func (s *site) checkAccounts(ctx context.Context, c feeds.Config) error {
	for i, source := range c.Sources {
		account, err := s.accounts.Find(ctx, source.Account)
		switch {
		case errors.Is(err, accounts.ErrUnknown):
			return domain.Refusal{Code: "feed.no-account", Field: fmt.Sprintf("/sources/%d/account", i), Reason: fmt.Sprintf("没有账户“%s”；先用 wenxiao user add 为来源 %s 建一个", source.Account, source.Name)}
		case err != nil:
			return err
		case account.Disabled:
			return domain.Refusal{Code: "feed.no-account", Field: fmt.Sprintf("/sources/%d/account", i), Reason: fmt.Sprintf("账户“%s”已停用", source.Account)}
		}
	}
	return nil
}
