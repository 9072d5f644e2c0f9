// Package feeds takes in what other systems send: treasury execution data and
// the like, from a broker, a signed webhook or a folder of files. Each message is
// one command, given by the system account of its source. What the ledger
// refuses is kept as a letter with the reason, for finance to put right.
package feeds

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"wenxiao/domain"
	"wenxiao/projections/relay"
)

// A Source is another system that sends commands.
type Source struct {
	Name     string   `json:"name"`
	From     string   `json:"from"`             // nats://host/subject, amqp://host/?queue=name, kafka://host/topic, file:FOLDER, or hook for POST /feeds/NAME
	Account  string   `json:"account"`          // the system account that gives its commands
	Commands []string `json:"commands"`         // those it may give, such as execution.pay
	Secret   string   `json:"secret,omitempty"` // env:NAME or file:PATH; messages must be signed with it
}

// Config is a file of sources.
type Config struct {
	Sources []Source `json:"sources"`
}

// ReadConfig reads a file of sources and refuses one that would not work, naming
// every fault. known are the commands that a feed may give at all.
func ReadConfig(data []byte, known []string) (Config, error) {
	var c Config
	if err := domain.DecodeStrictly(data, &c); err != nil {
		return c, domain.Refusal{Code: "feed.malformed-config", Reason: "外来数据配置读不懂：" + err.Error()}
	}
	return c, c.Check(known)
}

var name = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$`)

// Check refuses sources without or with the same name, from nowhere, or of
// nobody.
func (c Config) Check(known []string) error {
	var no domain.Refusals
	no.If(len(c.Sources) == 0, domain.Refusal{Code: "feed.no-source", Reason: "没有写明外来数据从哪里来", Field: "/sources"})
	seen := map[string]bool{}
	for i, s := range c.Sources {
		field := fmt.Sprintf("/sources/%d", i)
		no.If(!name.MatchString(s.Name), domain.Refusal{Code: "feed.malformed-name", Field: field + "/name", Reason: fmt.Sprintf("名称 %q 应为 1—48 位小写字母、数字或连字符", s.Name)})
		no.If(seen[s.Name], domain.Refusal{Code: "feed.same-name", Field: field + "/name", Reason: fmt.Sprintf("两个来源都叫 %s", s.Name)})
		seen[s.Name] = true
		no = append(no, s.check(field, known)...)
	}
	return domain.Refuse(no...)
}

func (s Source) check(field string, known []string) (no domain.Refusals) {
	no.CheckAt(field+"/from", s.checkFrom())
	no.If(s.Account == "", domain.Refusal{Code: "feed.no-account", Field: field + "/account", Reason: "须写明以哪个系统账户办理"})
	no.If(len(s.Commands) == 0, domain.Refusal{Code: "feed.no-commands", Field: field + "/commands", Reason: "须写明这个来源可以办哪些事，如 execution.pay"})
	for i, command := range s.Commands {
		no.If(!slices.Contains(known, command), domain.Refusal{
			Code: "feed.unknown-command", Field: fmt.Sprintf("%s/commands/%d", field, i),
			Reason: fmt.Sprintf("%q 不能由外来数据办理，可用 %s", command, strings.Join(known, "、")),
		})
	}
	if s.Secret != "" || s.From == Hook {
		_, err := relay.SecretAt(s.Secret)
		no.CheckAt(field+"/secret", err)
	}
	return no
}

// Hook is the From of a source that posts to /feeds/NAME.
const Hook = "hook"

func (s Source) checkFrom() error {
	if s.From == Hook {
		return nil
	}
	if folder, ok := s.folder(); ok {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return domain.Refusal{Code: "feed.no-folder", Reason: fmt.Sprintf("没有文件夹 %q", folder)}
		}
		return nil
	}
	u, err := url.Parse(s.From)
	topic := ""
	if err == nil {
		topic = topicOf(u)
	}
	if err != nil || u.Host == "" || topic == "" || !slices.Contains([]string{"nats", "tls", "amqp", "amqps", "kafka"}, u.Scheme) {
		return domain.Refusal{Code: "feed.malformed-address", Reason: "来源应如 nats://127.0.0.1:4222/treasury.payments、amqp://…/?queue=payments、kafka://host:9092/payments、file:文件夹 或 hook"}
	}
	return nil
}

func topicOf(u *url.URL) string {
	if strings.HasPrefix(u.Scheme, "amqp") {
		return u.Query().Get("queue")
	}
	return strings.TrimPrefix(u.Path, "/")
}

func (s Source) folder() (string, bool) { return strings.CutPrefix(s.From, "file:") }

// Address is where it comes from, without account, password or token.
func (s Source) Address() string {
	if u, err := url.Parse(s.From); err == nil && u.Host != "" {
		return relay.Shown(s.From)
	}
	return s.From
}
