package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/eventstore/seal"
)

func witnessCommand() *cobra.Command {
	var addr, state, name string
	var logs []string
	cmd := &cobra.Command{
		Use:   "witness",
		Short: "为别人的账本作见证 (cosign another office's ledger, if its history only grows)",
		Long: `审计机关、人大、纪检监察各可运行一个。它只记住每个日志最后见过的检查点：新的检查点须由旧的长成，才签名；
账本倒退、分叉、改写过去，一律不签。打印的公钥写进账本的信任策略。
A witness by c2sp.org/tlog-witness. Serves on loopback unless told otherwise.`,
		Args: exactly(0, "无"),
	}
	f := cmd.Flags()
	f.StringVar(&addr, "listen", "127.0.0.1:8090", "监听地址 (listen on)")
	f.StringVar(&state, "state", "wenxiao-witness", "密钥和状态目录 (directory of key and state)")
	f.StringVar(&name, "name", "", "第一次运行时的见证名，如 audit.example.gov.cn (the witness's name, on the first day)")
	f.StringArrayVar(&logs, "log", nil, "所见证日志的公钥，可多次 (key of a log; may be repeated)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if len(logs) == 0 {
			return usage("--log 至少给一把日志公钥（账本一方用 wenxiao seal policy 打印）")
		}
		listener, err := listen(addr)
		if err != nil {
			return err
		}
		defer listener.Close()
		w, err := seal.OpenWitness(state, name, logs...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, w.Close()) }()
		fmt.Fprintf(cmd.OutOrStdout(), "见证方公钥 (witness key): %s\n写进账本的信任策略 (for the policy): witness NAME %s http://%s\n", w.Verifier(), w.Verifier(), listener.Addr())
		server := &http.Server{Handler: w, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
		return serveUntil(cmd.Context(), server, func() error { return server.Serve(listener) })
	}
	return cmd
}

// serveUntil serves until ctx ends; requests under way are finished.
func serveUntil(ctx context.Context, server *http.Server, serve func() error) error {
	served := make(chan error, 1)
	go func() { served <- serve() }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	return server.Shutdown(grace)
}
