package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"wenxiao/domain"
	"wenxiao/projections"
)

func chainCommand() *cobra.Command {
	var person, asOf string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "chain [PROGRAMME[/YEAR]]",
		Short: "责任链：谁在什么岗位办了什么 (who held which duty and did what)",
		Long: `列出一个项目的责任链，或用 --person 列出一个人历任岗位的全部经办。
只列事实和线索，不作责任认定。`,
	}
	db := dbFlag(cmd)
	cmd.Flags().StringVar(&person, "person", "", "人员编号：此人历任岗位的全部经办 (a person across posts and years)")
	cmd.Flags().StringVar(&asOf, "as-of", "", "任职截至 (as of, 2026-01-31)；空为今天")
	cmd.Flags().BoolVar(&asJSON, "json", false, "供程序读取 (for programs)")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if (person == "") == (len(args) != 1) {
			return usage("须给出一个 PROGRAMME，或 --person 人员编号，二者取一")
		}
		day, err := optionalDay(asOf)
		if err != nil {
			return err
		}
		ledger, err := db.read(cmd.Context(), cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ledger.Close()) }()
		chain, err := ledger.chain(cmd, person, args, day)
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(cmd.OutOrStdout(), chain)
		}
		printChain(cmd.OutOrStdout(), chain)
		return nil
	}
	return cmd
}

func (r *reading) chain(cmd *cobra.Command, person string, args []string, asOf domain.Day) (projections.Chain, error) {
	ctx := cmd.Context()
	if person != "" {
		chain, err := r.Views.PersonChain(ctx, person, 0)
		if errors.Is(err, projections.ErrNotFound) || err == nil && len(chain.Acts)+len(chain.Tenures) == 0 {
			return chain, domain.Refusal{Code: "person.unknown", Reason: fmt.Sprintf("账本里没有人员 %s", person)}
		}
		return chain, err
	}
	code, year, err := r.programme(ctx, args[0])
	if err != nil {
		return projections.Chain{}, err
	}
	return r.Views.Chain(ctx, code, year, asOf, 0)
}

func printChain(w io.Writer, c projections.Chain) {
	fmt.Fprintf(w, "责任链：%s%s\n本页列出经办事实和线索，不作责任认定。\n\n任职：\n", c.ProgrammeName, c.Name)
	for _, t := range c.Tenures {
		until := string(t.Until)
		if until == "" {
			until = "今"
		}
		fmt.Fprintf(w, "  %s 至 %-10s  %s  %s %s %s\n", t.Since, until, t.Name, t.UnitName, t.PostTitle, t.ProgrammeName)
	}
	fmt.Fprintf(w, "\n经办（%d 件）：\n", len(c.Acts))
	for _, a := range c.Acts {
		fmt.Fprintf(w, "  %3d  %s  %s  %s%s\n", a.No, a.Day, a.Actor.Name, a.Text, marks(a.Entry))
	}
	printLeads(w, "线索", c.Leads)
	printLeads(w, "应同等看到的事实", c.Facts)
}

func printLeads(w io.Writer, title string, leads []projections.Lead) {
	fmt.Fprintf(w, "\n%s（%d）：\n", title, len(leads))
	for _, l := range leads {
		fmt.Fprintf(w, "  %s（%s）%s  %s\n", l.Title, l.Code, l.Text, l.Basis)
	}
}
