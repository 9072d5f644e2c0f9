package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wenxiao/domain"
)

func readyCommand() *cobra.Command {
	var addr string
	var alive bool
	cmd := &cobra.Command{
		Use:   "ready",
		Short: "问本机的服务是否可用 (ask a server whether it is ready)",
		Long: `问 --addr 上的服务：可用时退出码为 0。供容器和脚本用，镜像里没有别的程序。
Asks /readyz of the server at --addr, or /healthz with --alive; for containers, whose image holds no other program.`,
		Args: exactly(0, "无"),
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "服务的监听地址 (where it listens)")
	cmd.Flags().BoolVar(&alive, "alive", false, "只问进程是否正常 (/healthz instead of /readyz)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		answer, err := standing(addr, map[bool]string{false: "/readyz", true: "/healthz"}[alive])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), answer)
		return err
	}
	return cmd
}

// standing returns what a server answers under a path when all is well.
func standing(addr, path string) (string, error) {
	if host, port, err := net.SplitHostPort(addr); err == nil && host == "" {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get("http://" + addr + path)
	if err != nil {
		return "", domain.Refusal{Code: "ready.no-answer", Field: "--addr", Reason: fmt.Sprintf("%s 没有答复 (no answer)", addr)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	text := strings.TrimSpace(string(body))
	if err == nil && response.StatusCode != http.StatusOK {
		var said struct{ Reason string }
		_ = json.Unmarshal(body, &said) // what is no JSON is said as it is
		err = domain.Refusal{Code: "ready.not", Reason: fmt.Sprintf("%s 答 %d：%s (not ready)", addr, response.StatusCode, cmp.Or(said.Reason, text))}
	}
	return text, err
}
