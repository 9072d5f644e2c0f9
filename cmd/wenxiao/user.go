package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"wenxiao/api/accounts"
	"wenxiao/domain"
)

func userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "账户 (accounts)"}
	cmd.AddCommand(userAdd(), userList(), userChange("disable", "停用账户 (disable)", (*accounts.Accounts).Disable),
		userChange("enable", "恢复账户 (enable)", (*accounts.Accounts).Enable), userPassword())
	return cmd
}

func userAdd() *cobra.Command {
	var account accounts.Account
	var role, unit string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "新增账户；密码从键盘或标准输入读 (add; the password is read from the keyboard or standard input)",
		Args:  exactly(1, "NAME"),
	}
	db := dbFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&account.Person, "person", "", "人员编号 (person id)")
	f.StringVar(&account.Name, "name", "", "姓名 (name)")
	f.StringVar(&account.Post, "post", "", "岗位 (post)")
	f.StringVar(&unit, "unit", "", "单位编码 (unit code)")
	f.StringVar(&account.UnitName, "unit-name", "", "单位名称 (unit name)")
	f.StringVar(&role, "role", "", "角色 (role): "+roleNames())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		account.Username, account.Role, account.Unit = args[0], accounts.Role(role), domain.UnitCode(unit)
		password, err := readPassword(cmd.InOrStdin(), cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		return withAccounts(cmd.Context(), db, func(ctx context.Context, all *accounts.Accounts) error {
			if err := all.Add(ctx, account, password); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "已新增账户 %s（%s）\n", account.Username, account.Role.Name())
			return nil
		})
	}
	return cmd
}

func roleNames() string {
	var names []string
	for _, r := range accounts.Roles {
		names = append(names, fmt.Sprintf("%s %s", r.Role, r.Name))
	}
	return strings.Join(names, "、")
}

// readPassword asks at a terminal, without echo and twice; elsewhere it reads
// one line.
func readPassword(in io.Reader, errs io.Writer) (string, error) {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && line == "" {
			return "", domain.Refusal{Code: "account.no-password", Reason: "标准输入里没有密码"}
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	first, err := ask(f, errs, "密码 (password): ")
	if err != nil {
		return "", err
	}
	second, err := ask(f, errs, "再输一次 (again): ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", domain.Refusal{Code: "account.passwords-differ", Reason: "两次输入的密码不同"}
	}
	return first, nil
}

func ask(f *os.File, errs io.Writer, prompt string) (string, error) {
	fmt.Fprint(errs, prompt)
	defer fmt.Fprintln(errs)
	password, err := term.ReadPassword(int(f.Fd()))
	return string(password), err
}

func userList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "全部账户 (all accounts)", Args: exactly(0, "无")}
	db := dbFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withAccounts(cmd.Context(), db, func(ctx context.Context, all *accounts.Accounts) error {
			list, err := all.List(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			for _, a := range list {
				state := ""
				if a.Disabled {
					state = "（已停用）"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%-16s %s  %s %s %s%s\n", a.Username, a.Role.Name(), a.UnitName, a.Post, a.Name, state)
			}
			return nil
		})
	}
	return cmd
}

func userChange(verb, short string, change func(*accounts.Accounts, context.Context, string) error) *cobra.Command {
	cmd := &cobra.Command{Use: verb + " NAME", Short: short, Args: exactly(1, "NAME")}
	db := dbFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withAccounts(cmd.Context(), db, func(ctx context.Context, all *accounts.Accounts) error {
			return unknownAccount(change(all, ctx, args[0]), args[0])
		})
	}
	return cmd
}

func userPassword() *cobra.Command {
	cmd := &cobra.Command{Use: "password NAME", Short: "更换密码 (change the password)", Args: exactly(1, "NAME")}
	db := dbFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		password, err := readPassword(cmd.InOrStdin(), cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		return withAccounts(cmd.Context(), db, func(ctx context.Context, all *accounts.Accounts) error {
			return unknownAccount(all.SetPassword(ctx, args[0], password), args[0])
		})
	}
	return cmd
}
