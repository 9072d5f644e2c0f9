package relay

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"

	"wenxiao/domain"
	"wenxiao/eventstore"
)

// A Target is somewhere that committed events go.
type Target struct {
	Name string `json:"name"`
	To   string `json:"to"` // nats://host:4222/subject, amqp://host/vhost?queue=name, kafka://h1:9092,h2:9092/topic, https://host/path

	// What it gets: patterns such as execution.* or goal-c26-*, and !participant.*
	// for what it does not. None means everything.
	Types   []string `json:"types,omitempty"`
	Streams []string `json:"streams,omitempty"`

	// After is where a target begins that has had nothing yet.
	After eventstore.Position `json:"after,omitempty"`

	// Secret says where the secret of a webhook is kept: env:NAME or file:PATH.
	Secret string `json:"secret,omitempty"`
}

// Config is a file of targets.
type Config struct {
	Targets []Target `json:"targets"`
}

// ReadConfig reads a file of targets and refuses one that would not work, naming
// every fault.
func ReadConfig(data []byte) (Config, error) {
	var c Config
	if err := domain.DecodeStrictly(data, &c); err != nil {
		return c, domain.Refusal{Code: "relay.malformed", Reason: "推送配置读不懂：" + err.Error()}
	}
	return c, c.Check()
}

var name = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$`)

// Check refuses targets without or with the same name, or that nothing could be
// sent to.
func (c Config) Check() error {
	var no domain.Refusals
	no.If(len(c.Targets) == 0, domain.Refusal{Code: "relay.no-target", Reason: "没有写明推送到哪里", Field: "/targets"})
	seen := map[string]bool{}
	for i, t := range c.Targets {
		field := fmt.Sprintf("/targets/%d", i)
		no.If(!name.MatchString(t.Name), domain.Refusal{Code: "relay.malformed-name", Field: field + "/name", Reason: fmt.Sprintf("名称 %q 应为 1—48 位小写字母、数字或连字符", t.Name)})
		no.If(seen[t.Name], domain.Refusal{Code: "relay.same-name", Field: field + "/name", Reason: fmt.Sprintf("两个推送目标都叫 %s，会共用一个进度", t.Name)})
		seen[t.Name] = true
		no = append(no, t.check(field)...)
	}
	return domain.Refuse(no...)
}

func (t Target) check(field string) (no domain.Refusals) {
	if _, err := t.opener(); err != nil {
		no.CheckAt(field+"/to", err)
	}
	if _, err := t.secret(); err != nil {
		no.CheckAt(field+"/secret", err)
	}
	for list, patterns := range map[string][]string{"types": t.Types, "streams": t.Streams} {
		for i, p := range patterns {
			bare := strings.TrimPrefix(p, "!")
			no.If(bare == "" || strings.Contains(strings.TrimSuffix(bare, "*"), "*"), domain.Refusal{
				Code: "relay.malformed-pattern", Field: fmt.Sprintf("%s/%s/%d", field, list, i),
				Reason: fmt.Sprintf("%q 不是可用的范围：写全名，或以 * 结尾，排除的以 ! 开头", p),
			})
		}
	}
	return no
}

// Wants reports whether the target gets a record.
func (t Target) Wants(r eventstore.Record) bool {
	return chosen(t.Types, r.Type) && chosen(t.Streams, r.Stream)
}

// chosen reports whether patterns choose a text: one that excludes it decides,
// and without one that includes, everything else is.
func chosen(patterns []string, text string) bool {
	includes, in := false, false
	for _, p := range patterns {
		bare, excluding := strings.CutPrefix(p, "!")
		prefix, open := strings.CutSuffix(bare, "*")
		match := text == bare || open && strings.HasPrefix(text, prefix)
		if excluding && match {
			return false
		}
		includes, in = includes || !excluding, in || !excluding && match
	}
	return in || !includes
}

// Scope says what the target gets, in words.
func (t Target) Scope() string {
	if len(t.Types)+len(t.Streams) == 0 {
		return "全部事件"
	}
	var parts []string
	if len(t.Types) > 0 {
		parts = append(parts, "类型 "+strings.Join(t.Types, " "))
	}
	if len(t.Streams) > 0 {
		parts = append(parts, "流 "+strings.Join(t.Streams, " "))
	}
	return strings.Join(parts, "；")
}

// Address is where it goes, as [Shown].
func (t Target) Address() string { return Shown(t.To) }

// Shown is an address for people and logs: without account and password, and of
// what follows the question mark, where tokens are, only a queue's name.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	queue := u.Query().Get("queue")
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	if queue != "" {
		u.RawQuery = url.Values{"queue": {queue}}.Encode()
	}
	return u.String()
}

// Group is the consumer group whose mark is the target's.
func (t Target) Group() string { return "relay/" + t.Name }

// secret reads a webhook's secret from where it is kept.
func (t Target) secret() (Secret, error) {
	if !strings.HasPrefix(t.To, "http") {
		return nil, nil
	}
	return SecretAt(t.Secret)
}

// SecretAt reads the secret kept at env:NAME or file:PATH.
func SecretAt(place string) (Secret, error) {
	refuse := func(reason string) (Secret, error) {
		return nil, domain.Refusal{Code: "relay.no-secret", Reason: reason}
	}
	var text string
	if variable, ok := strings.CutPrefix(place, "env:"); ok {
		text = os.Getenv(variable)
	} else if path, ok := strings.CutPrefix(place, "file:"); ok {
		content, err := os.ReadFile(path)
		if err != nil {
			return refuse("读不到密钥文件 " + path)
		}
		text = string(content)
	} else {
		return refuse("须写明签名密钥放在哪里：env:变量名 或 file:路径；配置里不写密钥本身")
	}
	secret, err := ReadSecret(text)
	if err != nil {
		return refuse(place + " 里的密钥不能用：" + err.Error())
	}
	return secret, nil
}

// topic is what the target's publisher publishes to.
func (t Target) topic() string {
	u, err := url.Parse(t.To)
	if err != nil {
		return ""
	}
	if queue := u.Query().Get("queue"); queue != "" {
		return queue
	}
	return strings.TrimPrefix(u.Path, "/")
}

// opener returns what connects to the target, or refuses its address.
func (t Target) opener() (opener, error) {
	refuse := func(reason string) (opener, error) {
		return nil, domain.Refusal{Code: "relay.malformed-address", Reason: reason}
	}
	u, err := url.Parse(t.To)
	if err != nil || u.Host == "" {
		return refuse("推送地址读不懂，应如 nats://127.0.0.1:4222/wenxiao.events、amqp://…/?queue=wenxiao、kafka://host:9092/wenxiao 或 https://…")
	}
	topic := strings.TrimPrefix(u.Path, "/")
	switch u.Scheme {
	case "nats", "tls":
		if !subject.MatchString(topic) {
			return refuse("NATS 地址之后须写主题，如 nats://127.0.0.1:4222/wenxiao.events")
		}
		return toNATS(u, topic), nil
	case "amqp", "amqps":
		queue := u.Query().Get("queue")
		if queue == "" {
			return refuse("AMQP 地址须写队列，如 amqp://user@host:5672/?queue=wenxiao")
		}
		return toAMQP(u, queue), nil
	case "kafka":
		if !subject.MatchString(topic) {
			return refuse("Kafka 地址之后须写主题，如 kafka://h1:9092,h2:9092/wenxiao")
		}
		return toKafka(strings.Split(u.Host, ",")), nil
	case "http", "https":
		if u.Scheme == "http" && !loopback(u.Hostname()) {
			return refuse("推送到别的机器须用 https，明文只许发往本机")
		}
		if u.User != nil {
			return refuse("推送地址里不写账户和密码，接收方凭签名识别")
		}
		secret, err := t.secret()
		if err != nil {
			secret = nil // refused at its own place
		}
		return toWebhook(t.To, secret), nil
	}
	return refuse(fmt.Sprintf("不认识的推送方式 %q：可用 nats、amqp、kafka、https", u.Scheme))
}

var subject = regexp.MustCompile(`^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$`)

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
