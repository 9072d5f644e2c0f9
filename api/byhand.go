package api

import (
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// refusals says of each status below 500, and of those above that have a cause of
// their own, what it means. A stream that has moved on is 412, never 409.
var refusals = map[int]string{
	400: "读不懂", 401: "没有登录", 403: "无权办理", 404: "没有这一项", 410: "已撤下", 413: "内容过大", 422: "没有办成：不合规则，理由逐处指明",
	500: "系统故障，或文件有损", 503: "暂不能办理：没有入账，或不知道入账没有；Retry-After 秒后原样再试", 507: "没有存放空间，没有交存",
}

// byHand describes what an operation answers that huma does not know, since it
// takes or gives no JSON: the good answer, and a [Problem] of each status.
func byHand(a huma.API, good *huma.Response, statuses ...int) map[string]*huma.Response {
	problem := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	all := map[string]*huma.Response{"200": good}
	for _, status := range statuses {
		all[strconv.Itoa(status)] = &huma.Response{
			Description: refusals[status],
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
		}
	}
	return all
}
