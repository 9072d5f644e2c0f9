package main

import (
	"net"
	"os"

	"github.com/spf13/cobra"

	"wenxiao/eventstore/postgres"
)

// memberFlags says how this process takes part where several serve one ledger in
// PostgreSQL. Elsewhere it says nothing.
func memberFlags(cmd *cobra.Command, p *place) {
	text := func(to *string, name, variable, says string) {
		cmd.Flags().StringVar(to, name, os.Getenv(variable), says+"；也可用 "+variable)
	}
	m := &p.member
	text(&m.Name, "member", "WENXIAO_MEMBER", "多个进程共用一个 PostgreSQL 账本时，本进程的名称 (name of this process among several)")
	text(&m.Listen, "handover", "WENXIAO_HANDOVER", "主持记账时在哪里接收其他进程转来的记录，如 10.0.0.5:7070；只在本机时不必写 (where others hand in appends)")
	text(&m.Advertise, "handover-public", "WENXIAO_HANDOVER_PUBLIC", "其他进程用哪个地址转来，与 --handover 不同时写 (address others reach it by)")
	text(&p.reads, "reads", "WENXIAO_READS", "查询所用的只读副本 (streaming replica that pages and queries read): postgres://…")
}

// checkMember refuses what belongs to several processes where there is but one.
func (p place) checkMember() error {
	switch {
	case p.isPostgres():
	case p.member != (postgres.Member{}):
		return usage("--member、--handover 只用于 PostgreSQL 账本，--db 是 %s", p)
	}
	for flag, address := range map[string]string{"--handover": p.member.Listen, "--handover-public": p.member.Advertise} {
		if _, _, err := net.SplitHostPort(address); address != "" && err != nil {
			return usage("%s 应为 地址:端口，如 10.0.0.5:7070，给的是 %q", flag, address)
		}
	}
	if p.reads == "" {
		return nil
	}
	if !isPostgres(p.reads) || !isPostgres(p.views()) {
		return usage("--reads 应为 postgres://…，查询表也须在 PostgreSQL 里")
	}
	return nil
}
