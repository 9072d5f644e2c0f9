package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"wenxiao/api"
	"wenxiao/api/feeds"
	"wenxiao/domain"
)

func feedCommand() *cobra.Command {
	var s feeds.Source
	cmd := &cobra.Command{
		Use:   "feed FILE…",
		Short: "把其他系统的文件办入账本 (enter what other systems wrote into files)",
		Long: `每条消息或每行办一件事，同一编号只办一次；没有收的留在 /dead-letters，写明理由。
JSON 为 CloudEvents 1.0（type 是要办的事，subject 是 项目编码/年度，data 是内容）；表（.csv、.xlsx）须有
项目编码、年度、金额等栏；没有“消息编号”的行以支付编号或文号认定，改好重送不会重复入账。SQLite 账本的网页服务须先停下；要一边服务一边接收，用 serve --feeds。

  wenxiao feed --account treasury-system --command execution.pay payments.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("%s 需要文件", cmd.CommandPath())
			}
			return nil
		},
	}
	db := dbFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&s.Name, "name", "files", "来源名称，编号在其中唯一 (name of the source)")
	f.StringVar(&s.Account, "account", "", "以哪个系统账户办理 (system account)")
	f.StringSliceVar(&s.Commands, "command", nil, "可办的事 (commands): execution.pay …")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s.From = "file:."
		c := feeds.Config{Sources: []feeds.Source{s}}
		if err := c.Check(api.FeedCommands()); err != nil {
			return err
		}
		return feed(cmd.Context(), *db, c, args, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

func feed(ctx context.Context, p place, c feeds.Config, files []string, out, errs io.Writer) (err error) {
	site, err := openSite(ctx, p, nil, errs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	if err := site.connect(ctx, p, traffic{sources: c}); err != nil {
		return err
	}
	if err := catchUp(ctx, site.runner, site.store); err != nil {
		return err
	}
	refused := 0
	for _, path := range files {
		r, err := site.server.Inbox.ReadFile(ctx, c.Sources[0], path)
		if err != nil {
			return fileError{path, err}
		}
		fmt.Fprintf(out, "%s：入账 %d 件，没有收 %d 件\n", path, r.Entered, len(r.Refused))
		for _, no := range r.Refused {
			fmt.Fprintf(out, "  %s：%s\n", no.Code, no.Reason)
		}
		refused += len(r.Refused)
	}
	if refused > 0 {
		return domain.Refusal{Code: "feed.refused", Reason: fmt.Sprintf("有 %d 件没有收，原文和理由留在网页 /dead-letters", refused)}
	}
	return nil
}
