package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/danielgtaylor/huma/v2/validation"
	strictjson "github.com/go-json-experiment/json"
	"github.com/gorilla/mux"

	"wenxiao/domain"
)

// describe returns the JSON API on r: what is registered with it is checked
// against its description before a handler sees it, and /openapi.json is that
// very description.
func (s *Server) describe(r *mux.Router) huma.API {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[domain.Decimal](), reflect.TypeFor[float64]())
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			Info: &huma.Info{Title: "问效 Wenxiao", Version: "1", Description: description},
			Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
				"session": {Type: "apiKey", In: "cookie", Name: s.sessions.Cookie.Name, Description: "/sign-in 给出的会话"},
				"basic":   {Type: "http", Scheme: "basic", Description: "账户和密码，须经 TLS 或在本机"},
			}},
			Security: []map[string][]string{{"session": {}}, {"basic": {}}},
			Tags:     nouns,
		},
		OpenAPIPath:                  "/openapi",
		Formats:                      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	api := humamux.New(r, config)
	api.UseMiddleware(s.signedInOnly)
	return api
}

const description = `预算绩效账本的接口。金额为整数，单位分；得分、分值、比率为十进制数，比率 0.8618 即 86.18%；日期如 2026-03-31；时刻为 RFC 3339。

办理（POST）：操作人取自登录账户，不取自请求内容。改变已有事项须带 If-Match（上次读到的 ETag），新建须带 If-None-Match: *。Idempotency-Key 相同的请求只办一次。补记往事用 Effective-At 写明发生时刻。

查询（GET）：带上办理时得到的 Ledger-Position，就读得到刚办的事。at 看账本当时所知（位置或时刻），asOf 看当日的实际情形。

出错一律为 application/problem+json（RFC 9457），code 供程序识别，reason 供人阅读，basis 为所依条款，errors 逐处指明。`

// nouns are the chapters of the description, in the order of the process.
var nouns = []*huma.Tag{
	{Name: "overview", Description: "工作台"},
	{Name: "programme", Description: "项目：登记、责任人、责任链、回放"},
	{Name: "goal", Description: "绩效目标"},
	{Name: "execution", Description: "资金：预算、拨付、暂缓、收回"},
	{Name: "monitoring", Description: "双监控"},
	{Name: "evaluation", Description: "绩效自评与复核"},
	{Name: "rectification", Description: "整改"},
	{Name: "participant", Description: "参与人：专家、意见人、受益人的个人信息"},
	{Name: "attachment", Description: "附件：交存、取用、撤下"},
	{Name: "unit", Description: "单位与岗位"},
	{Name: "person", Description: "人员"},
	{Name: "record", Description: "账本：记录与审计轨迹"},
	{Name: "proof", Description: "证明：检查点、回执、核验"},
	{Name: "delivery", Description: "对外推送"},
	{Name: "feed", Description: "外来数据"},
	{Name: "score", Description: "校核公开表与规则册"},
}

// signedInOnly turns away who is nobody, before anything is read of the body.
func (s *Server) signedInOnly(ctx huma.Context, next func(huma.Context)) {
	if _, ok := whoIn(ctx.Context()); !ok {
		r, w := humamux.Unwrap(ctx)
		s.fail(w, r, errSignedOut)
		return
	}
	next(ctx)
}

// schemaName tells types of one name apart by their packages: goal.Return and
// evaluation.Return. Only this package's own go without.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	pkg := path.Base(t.PkgPath())
	if t.Name() == "" || pkg == "api" || pkg == "." {
		return name
	}
	return pkg + "." + name
}

// jsonFormat writes what it is given and reads exactly one JSON value.
var jsonFormat = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}

func unmarshal(data []byte, v any) error {
	if !utf8.Valid(data) { // encoding/json would put a sign of its own in the place
		return errors.New("内容不是 UTF-8 文字")
	}
	if twice, found := saidTwice(data); found {
		return fmt.Errorf("“%s”写了两次，不知以哪一个为准", twice)
	}
	err := json.Unmarshal(data, v)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		before := data[:min(int(syntax.Offset), len(data))]
		line := 1 + strings.Count(string(before), "\n")
		column := len([]rune(string(before[strings.LastIndexByte(string(before), '\n')+1:])))
		return fmt.Errorf("第 %d 行第 %d 字附近不是 JSON", line, column)
	}
	if err == nil {
		return nil
	}
	again := reflect.New(reflect.TypeOf(v).Elem()) // once more by a reader that says in which row
	if m, found := misfitIn(strictjson.Unmarshal(data, again.Interface())); found {
		return errors.New(m.at + " " + m.reason)
	}
	return errors.New("内容不完整，或有的数超出所能记的范围")
}

// huma keeps the form of its errors and its words in variables of its package.
// They are set once, before anything is served.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return misread(nil, status, msg, errs...)
	}
	huma.NewErrorWithContext = misread
	huma.ValidateStrictCasing = true // amount and Amount are not one name
	validation.MsgUnexpectedProperty = "没有这一项"
	validation.MsgExpectedRequiredProperty = "缺少 %s"
	validation.MsgExpectedBoolean = "应为 true 或 false"
	validation.MsgExpectedNumber = "应为数"
	validation.MsgExpectedInteger = "应为整数"
	validation.MsgExpectedString = "应为文字"
	validation.MsgExpectedArray = "应为一组"
	validation.MsgExpectedObject = "应为对象"
	validation.MsgExpectedOneOf = "应为其中之一：%s"
	validation.MsgExpectedMinimumNumber = "应不小于 %v"
	validation.MsgExpectedMaximumNumber = "应不大于 %v"
	validation.MsgExpectedMinLength = "至少 %d 个字符"
	validation.MsgExpectedMaxLength = "至多 %d 个字符"
	validation.MsgExpectedRFC3339DateTime = "应为 RFC 3339 时刻，如 2026-03-31T09:00:00+08:00"
}

// words puts into Chinese what huma says in fixed English.
var words = map[string]string{
	"unknown query parameter": "没有这个参数", "invalid integer": "应为整数", "invalid boolean": "应为 true 或 false",
	"request body is required": "请求没有内容", "cannot read request body": "内容没有收全", "request body read timeout": "内容没有按时收全",
}

var required = regexp.MustCompile(`^required \w+ parameter is missing$`)

func inChinese(message string) string {
	if said, ok := words[message]; ok {
		return said
	}
	if required.MatchString(message) {
		return "缺少这个参数"
	}
	return message
}

// misread makes a problem of what huma could not read or would not accept.
func misread(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	for _, err := range errs {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return &Problem{
				Type: "urn:wenxiao:request.too-large", Status: 413, Title: "内容过大", Code: "request.too-large",
				Reason: "内容超过 " + mebibytes(large.Limit) + "，没有接收", Detail: "内容超过 " + mebibytes(large.Limit) + "，没有接收", Instance: instance(ctx),
			}
		}
	}
	code := map[int]string{415: "request.not-json", 422: "request.malformed", 408: "request.timed-out"}[status]
	if code == "" {
		code, status = "request.unreadable", http.StatusBadRequest
	}
	p := &Problem{Type: "urn:wenxiao:" + code, Title: "没有办成", Status: status, Code: code, Instance: instance(ctx)}
	for _, err := range errs {
		p.Errors = append(p.Errors, fault(err))
	}
	p.Reason = inChinese(msg)
	if len(p.Errors) > 0 {
		first := p.Errors[0]
		p.Reason = strings.TrimSpace(first.Where + first.Pointer + " " + first.Reason)
	}
	if status == http.StatusUnsupportedMediaType {
		p.Reason = "内容应为 application/json"
	}
	p.Detail = p.Reason
	return p
}

func instance(ctx huma.Context) string {
	if ctx == nil {
		return ""
	}
	return requestID(ctx.Context())
}

var index = regexp.MustCompile(`\[(\d+)\]`)

// fault turns body.indicators[3].weight into /indicators/3/weight, and names a
// header or parameter as such.
func fault(err error) Fault {
	var d *huma.ErrorDetail
	if !errors.As(err, &d) {
		return Fault{Reason: inChinese(err.Error()), Code: "request.malformed"}
	}
	f := Fault{Reason: inChinese(d.Message), Code: "request.malformed"}
	in, rest, _ := strings.Cut(index.ReplaceAllString(d.Location, ".$1"), ".")
	switch {
	case in == "body" && strings.HasPrefix(f.Reason, "/"): // as unmarshal says it
		f.Pointer, f.Reason, _ = strings.Cut(f.Reason, " ")
	case in == "body" && rest != "":
		f.Pointer = "/" + strings.ReplaceAll(rest, ".", "/")
	case in != "body":
		f.Where = strings.TrimSpace(in + " " + rest)
	}
	if name, missing := strings.CutPrefix(f.Reason, "缺少 "); missing { // told of the whole, meant of the part
		f.Pointer, f.Reason = f.Pointer+"/"+name, "缺少这一项"
	}
	return f
}

// withhold takes properties out of a body's schema that no request may set.
func withhold(body *huma.Schema, names ...string) {
	for _, name := range names {
		delete(body.Properties, name)
	}
	optional(body, names...)
}

// optional lets a body leave properties out.
func optional(body *huma.Schema, names ...string) {
	body.Required = slices.DeleteFunc(body.Required, func(n string) bool { return slices.Contains(names, n) })
	body.PrecomputeMessages()
}

func schemaOf(api huma.API, t reflect.Type) *huma.Schema {
	registry := api.OpenAPI().Components.Schemas
	return registry.SchemaFromRef(registry.Schema(t, true, "").Ref)
}

// bodyTimeout is how long a body may take to arrive; within the server's own.
const bodyTimeout = 20 * time.Second

// effective reads when something happened: a moment, or a day, of which it is
// the beginning. The zero time is now.
func effective(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t := domain.Day(text).Time()
	if t.IsZero() {
		t, _ = time.Parse(time.RFC3339Nano, text)
	}
	if !domain.DayOf(t).Year().Valid() {
		return t, domain.Refusal{
			Code: "request.malformed-time", Field: "/effectiveAt",
			Reason: fmt.Sprintf("“%s”不是账本可记的时刻，应如 2026-03-31 或 2026-03-31T09:00:00+08:00", text),
		}
	}
	return t, nil
}
