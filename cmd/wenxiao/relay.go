package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"wenxiao/eventstore"
	"wenxiao/eventstore/pubsub"
	"wenxiao/projections/relay"
)

func relayCommand() *cobra.Command {
	var config, metrics string
	var one relay.Target
	var after uint64
	cmd := &cobra.Command{
		Use:   "relay",
		Short: "把入账的事件推送给其他系统 (send committed events to other systems)",
		Long: `按账本次序推送，至少一次，编号不变；每个目标各有进度，对方不在时等着，拒收的留下理由（网页 /deliveries）。
不写 --type 和 --stream 就推送全部事件，涉及个人的也在内。
Runs beside a server or without one. Without a filter a target gets every event.

  wenxiao relay --to nats://127.0.0.1:4222/wenxiao.events
  wenxiao relay --to amqp://127.0.0.1:5672/?queue=wenxiao --type 'execution.*'
  wenxiao relay --to https://example.org/in --secret env:HOOK_SECRET --type '!participant.*'
  wenxiao relay --config relay.json`,
		Args: exactly(0, "无"),
	}
	db := dbFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&config, "config", "", "配置文件：多个目标 (a file of targets)")
	f.StringVar(&one.To, "to", "", "目标地址 (target): nats:// amqp:// kafka:// https://")
	f.StringVar(&one.Name, "name", "default", "目标名称，进度记在它名下 (name under which the position is kept)")
	f.StringSliceVar(&one.Types, "type", nil, "只推送这些类型，如 goal.*；! 开头为排除 (event types)")
	f.StringSliceVar(&one.Streams, "stream", nil, "只推送这些流，如 goal-401002-* (streams)")
	f.StringVar(&one.Secret, "secret", "", "网页推送的签名密钥：env:变量名 或 file:路径 (webhook secret)")
	f.Uint64Var(&after, "after", 0, "新目标从这个账本位置之后开始 (where a new target begins)")
	f.StringVar(&metrics, "metrics", "", "在这个本机地址提供 /metrics、/healthz、/readyz，如 127.0.0.1:9100")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		one.After = eventstore.Position(after)
		targets, err := chosenTargets(config, one)
		if err != nil {
			return err
		}
		return runRelay(cmd.Context(), *db, targets, metrics, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// chosenTargets are those of a file, or the one that the flags describe.
func chosenTargets(config string, one relay.Target) ([]relay.Target, error) {
	switch {
	case config != "" && one.To != "":
		return nil, usage("--config 与 --to 只能写一个")
	case config != "":
		c, err := readTargets(config)
		return c.Targets, err
	case one.To == "":
		return nil, usage("须写 --to 目标地址 或 --config 配置文件")
	}
	c := relay.Config{Targets: []relay.Target{one}}
	return c.Targets, c.Check()
}

func runRelay(ctx context.Context, p place, targets []relay.Target, metrics string, out, errs io.Writer) (err error) {
	store, err := p.openReader(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	db, err := pubsub.OpenDB(ctx, p.streams())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	deliveries, err := relay.OpenDeliveries(ctx, db)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(relay.Lags{Deliveries: deliveries, Store: store})
	r := &relay.Relay{Store: store, Deliveries: deliveries, Targets: targets, Log: newLog(errs), Metrics: relay.NewMetrics(registry)}
	if metrics != "" {
		stop, err := serveMetrics(metrics, registry, func(ctx context.Context) error {
			_, err := store.Head(ctx)
			return err
		})
		if err != nil {
			return err
		}
		defer stop()
	}
	for _, t := range targets {
		fmt.Fprintf(out, "推送 (relay) %s → %s：%s\n", t.Name, t.Address(), t.Scope())
	}
	return r.Run(ctx)
}
