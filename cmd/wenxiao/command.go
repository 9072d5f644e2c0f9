package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wenxiao/domain"
	"wenxiao/eventstore/sqlite"
)

// Exit codes: what was asked could not be done because of the input, or
// because of a fault.
const (
	exitFault = 1
	exitInput = 2
)

// run is the whole program but for the process: it can be called from tests.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	if _, _, err := root.Find(args); err != nil {
		return report(errs, usage("没有命令 %s；wenxiao help 列出全部命令 (unknown command)", strings.Join(args, " ")))
	}
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return 0
	}
	return report(errs, err)
}

// report is where errors become words and an exit code. A refusal is told in
// full; so is a wrong flag; anything else is a fault.
func report(w io.Writer, err error) int {
	var all domain.Refusals
	var one domain.Refusal
	var wrong usageError
	var file fileError
	if errors.As(err, &file) {
		fmt.Fprintf(w, "文件 (file): %s\n", file.path)
	}
	switch {
	case errors.As(err, &all):
		for _, r := range all {
			printRefusal(w, r)
		}
		return exitInput
	case errors.As(err, &one):
		printRefusal(w, one)
		if errors.As(err, new(answer)) {
			return exitFault
		}
		return exitInput
	case errors.As(err, &wrong):
		fmt.Fprintf(w, "用法有误 (usage): %v\n", wrong.error)
		return exitInput
	}
	if file := (*sqlite.Spoilt)(nil); errors.As(err, &file) {
		printRefusal(w, file.Refusal())
		return exitFault
	}
	if said := unreadable(err); said != "" {
		fmt.Fprintln(w, said)
		return exitInput
	}
	fmt.Fprintf(w, "出错 (error): %v\n", err)
	return exitFault
}

// unreadable says of a file that is not there or may not be touched which it is.
func unreadable(err error) string {
	at := new(fs.PathError)
	switch errors.As(err, &at); {
	case errors.Is(at, fs.ErrNotExist):
		return fmt.Sprintf("出错 (error): 没有文件或目录 %s (no such file)", at.Path)
	case errors.Is(at, fs.ErrPermission), errors.Is(at, syscall.EROFS):
		return fmt.Sprintf("出错 (error): 没有读写 %s 的权限 (permission denied)", at.Path)
	case errors.Is(at, syscall.EISDIR):
		return fmt.Sprintf("出错 (error): %s 是目录，不是文件 (is a directory)", at.Path)
	}
	return ""
}

func printRefusal(w io.Writer, r domain.Refusal) {
	fmt.Fprintf(w, "不予受理 (refused): %s\n  代码 (code): %s\n", r.Reason, r.Code)
	if r.Field != "" {
		fmt.Fprintf(w, "  位置 (at):   %s\n", r.Field)
	}
	if r.Basis != "" {
		fmt.Fprintf(w, "  依据 (rule): %s\n", r.Basis)
	}
}

// usageError marks an error as the caller's: a wrong flag or argument.
type usageError struct{ error }

// answer marks a refusal that is the answer to what was asked, such as whether a
// file is a bundle: the call was right, and ends as a check that found something.
type answer struct{ error }

func (e answer) Unwrap() error { return e.error }

// fileError says which file an error is about.
type fileError struct {
	path string
	error
}

func (e fileError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "wenxiao",
		Short: "预算绩效账本 (a ledger of budget performance)",
		Long: `问效：预算绩效账本。花钱必问效，无效必问责。
Wenxiao: an event-sourced ledger of budget performance records.

先试一试 (try it first):   wenxiao demo
正式使用 (for real use):   wenxiao user add … ; wenxiao serve`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return wrongFlag(err) })
	root.AddCommand(
		demoCommand(), serveCommand(), userCommand(), importCommand(), scoreCommand(),
		logCommand(), showCommand(), replayCommand(), diffCommand(), chainCommand(),
		rebuildCommand(), doctorCommand(), verifyCommand(), sealCommand(), receiptCommand(), evidenceCommand(), witnessCommand(),
		relayCommand(), feedCommand(), storeCommand(), migrateCommand(), readyCommand(),
	)
	return root
}

// exactly demands n arguments and says what they are when there are more or fewer.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("%s 需要 %d 个参数（%s），给了 %d 个", cmd.CommandPath(), n, what, len(args))
		}
		return nil
	}
}

// atMost refuses more than n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usage("%s 多给了参数：至多 %d 个，给了 %d 个（%s）", cmd.CommandPath(), n, len(args), strings.Join(args[n:], " "))
		}
		return nil
	}
}

// atLeast demands n arguments or more.
func atLeast(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return usage("%s 至少需要 %d 个参数（%s）", cmd.CommandPath(), n, what)
		}
		return nil
	}
}

// wrongFlag says in Chinese what is wrong with a flag.
func wrongFlag(err error) error {
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return usage("没有选项 %s；加 --help 列出全部选项 (unknown flag)", dashed(unknown.GetSpecifiedName()))
	case errors.As(err, &empty):
		return usage("选项 %s 要带值 (flag needs a value)", dashed(empty.GetSpecifiedName()))
	case errors.As(err, &invalid):
		return usage("选项 --%s 的值 %q 不对，应为 %s 类的值 (invalid value)", invalid.GetFlag().Name, invalid.GetValue(), invalid.GetFlag().Value.Type())
	}
	return usageError{err}
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// printJSON writes v as programs read it: indented, Chinese as it is.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}
