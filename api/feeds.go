package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/gorilla/mux"

	"wenxiao/api/accounts"
	"wenxiao/api/feeds"
	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A fed carries out one command that came from another system.
type fed func(s *Server, ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, data []byte) (eventstore.Appended, error)

// feedCommands are the commands that other systems may send, each carried out as
// the API does.
var feedCommands = map[string]fed{
	"execution.set-budget":     fedTo((*Server).setBudget),
	"execution.adjust-budget":  fedTo((*Server).adjustBudget),
	"execution.allot":          fedTo((*Server).allot),
	"execution.pay":            fedTo((*Server).pay),
	"execution.recall":         fedTo((*Server).recallUnspent),
	"monitoring.take-snapshot": fedTo((*Server).takeSnapshot),
}

// FeedCommands are the names of the commands that other systems may send.
func FeedCommands() []string { return slices.Sorted(maps.Keys(feedCommands)) }

// fedTo reads a command from data and has do carry it out on the stream as it
// is: nobody decided it on a page. As in a request, what a source attests or the
// ledger computes may not be claimed.
func fedTo[C any](do func(*Server, context.Context, Who, domain.ProgrammeCode, domain.FiscalYear, eventstore.Revision, C) (eventstore.Appended, error)) fed {
	return func(s *Server, ctx context.Context, who Who, code domain.ProgrammeCode, year domain.FiscalYear, data []byte) (eventstore.Appended, error) {
		var claimed map[string]json.RawMessage
		var cmd C
		if err := json.Unmarshal(data, &claimed); err != nil {
			return eventstore.Appended{}, domain.Refusal{Code: "feed.malformed-data", Field: "/data", Reason: "data 应为办理内容（JSON 对象）"}
		}
		for _, name := range withheld {
			if _, ok := claimed[name]; ok {
				return eventstore.Appended{}, domain.Refusal{Code: "feed.claims", Field: "/data/" + name, Reason: "没有“" + name + "”这一项：它不由外来数据写明"}
			}
		}
		if err := domain.DecodeStrictly(data, &cmd); err != nil {
			return eventstore.Appended{}, malformed(err)
		}
		return do(s, ctx, who, code, year, eventstore.AnyRevision, cmd)
	}
}

// malformed says where data is not what the command takes. In a table money is
// written otherwise.
func malformed(err error) domain.Refusal {
	m, found := misfitIn(err)
	if !found {
		return domain.Refusal{Code: "feed.malformed-data", Field: "/data", Reason: "data 不是完整的 JSON，或有的一项写了两次"}
	}
	if m.of == reflect.TypeFor[domain.Money]() {
		m.reason += "；表格里以元计，或以表头写明的万元计，不足一分的记不了"
	}
	return domain.Refusal{Code: "feed.malformed-data", Field: "/data" + m.at, Reason: "data" + m.at + " " + m.reason}
}

// NewInbox returns the inbox whose messages this server carries out.
func (s *Server) NewInbox(letters *feeds.Letters, sources []feeds.Source) *feeds.Inbox {
	return &feeds.Inbox{Sources: sources, Letters: letters, Do: s.carryOutFed, Took: s.Metrics.fed}
}

// carryOutFed carries a message out as the system account of its source, as if
// that account had sent a request with the message's id for its key.
func (s *Server) carryOutFed(ctx context.Context, source feeds.Source, body []byte, by feeds.Person) error {
	_, err := s.fed(ctx, source, body, by)
	if err == nil {
		return nil
	}
	if p := s.classify(ctx, err); p.Status >= 400 && p.Status < 500 && p.Status != statusGone && p.Status != http.StatusPreconditionFailed {
		s.Metrics.refused(p)
		no := feeds.Refused{Code: p.Code, Reason: p.Reason, Basis: p.Basis}
		if len(p.Errors) > 0 {
			no.Field = p.Errors[0].Pointer
		}
		return no
	}
	return err
}

func (s *Server) fed(ctx context.Context, source feeds.Source, body []byte, by feeds.Person) (none eventstore.Appended, err error) {
	m, err := feeds.Parse(body)
	if err != nil {
		return none, err
	}
	if twice, found := saidTwice(body); found {
		return none, domain.Refusal{Code: "feed.malformed", Field: "/" + twice, Reason: "“" + twice + "”写了两次，不知以哪一个为准"}
	}
	do, known := feedCommands[m.Type]
	if !known || !slices.Contains(source.Commands, m.Type) {
		return none, domain.Refusal{Code: "feed.command-not-allowed", Field: "/type", Reason: "来源 " + source.Name + " 不办“" + m.Type + "”"}
	}
	code, year, err := m.About()
	if err != nil {
		return none, err
	}
	who, err := s.feeder(ctx, source, m, by)
	if err != nil {
		return none, err
	}
	done, err := do(s, ctx, who, code, year, m.Data)
	if errors.Is(err, eventstore.ErrCommandReused) {
		err = m.Reused()
	}
	return done, err
}

// feeder is the system account of a source, in one message. The correlation says
// whose correction it was, for as long as the ledger lasts.
func (s *Server) feeder(ctx context.Context, source feeds.Source, m feeds.Message, by feeds.Person) (Who, error) {
	account, err := s.Accounts.Find(ctx, source.Account)
	if errors.Is(err, accounts.ErrUnknown) || err == nil && account.Disabled {
		return Who{}, Denied{Code: "feed.no-account", Rule: "来源 " + source.Name + " 的账户 " + source.Account + " 没有或已停用"}
	}
	if err != nil {
		return Who{}, err
	}
	account.Capacity = "系统"
	who := Who{Account: account, Command: "feed/" + source.Name + "/" + m.ID, Correlation: "feed/" + source.Name}
	if by.ID != "" {
		who.Correlation += "/corrected-by/" + by.ID
	}
	who.EffectiveAt, err = m.Happened()
	return who, err
}

// feedHook takes in one signed message. What is refused is answered as a request
// would be, and kept.
func (s *Server) feedHook(w http.ResponseWriter, r *http.Request) {
	if err := s.takeHook(r); err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) takeHook(r *http.Request) error {
	if s.Inbox == nil {
		return errNoSuchPage
	}
	source, ok := s.Inbox.Source(mux.Vars(r)["source"])
	if !ok || source.From != feeds.Hook {
		return errNoSuchPage
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := source.Authentic(body, r.Header); err != nil { // before anything of it is kept
		no := feeds.Refused{}
		if errors.As(err, &no) {
			return Denied{Code: no.Code, Rule: no.Reason}
		}
		return err
	}
	err = s.Inbox.Receive(r.Context(), source, body, r.Header)
	no := feeds.Refused{}
	if errors.As(err, &no) {
		return domain.Refusal{Code: no.Code, Reason: no.Reason, Field: no.Field, Basis: no.Basis}
	}
	return err
}
