package execution

import (
	"fmt"
	"strings"
	"unicode"

	"wenxiao/domain"
)

// Pay asks the treasury for one payment.
type Pay struct {
	Payment string         `json:"payment"`
	Amount  domain.Money   `json:"amount"`
	Purpose string         `json:"purpose,omitempty"`
	Source  *domain.Source `json:"source,omitempty"`
}

// Decide refuses a payment while payments are held, with a number already used,
// or beyond what is allotted and budgeted. A payment that a source attests has
// been made: it may exceed both, as published tables show, but its number is
// its own.
func (c Pay) Decide(s State) ([]Event, error) {
	if err := s.flowing(); err != nil {
		return nil, err
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Payment), domain.Refusal{Code: "execution.no-number", Reason: "支付编号未填", Field: "/payment"})
	no.If(!domain.Blank(c.Payment) && c.Source == nil && !legible(c.Payment), domain.Refusal{
		Code: "execution.malformed-number", Field: "/payment",
		Reason: fmt.Sprintf("支付编号 %q 含有空白、全角或看不见的字符，看上去会与别的编号相同", c.Payment),
	})
	p, used := s.Payments[c.Payment]
	no.If(used, domain.Refusal{
		Code: "execution.number-used", Field: "/payment",
		Reason: fmt.Sprintf("支付编号 %s 已用于一笔 %s 元的支付", c.Payment, p.Amount.Exact()),
	})
	no.If(c.Amount <= 0, noAmount("支付", c.Amount))
	no.If(c.Amount > domain.MaxMoney-s.Paid, tooMuch)
	if c.Source == nil {
		no = append(no, s.affords(c.Amount)...)
	}
	return domain.Unless(no, Event(Paid(c)))
}

// legible reports whether a payment's number looks like no other one: " 17" and
// "１７" would be paid beside "17".
func legible(number string) bool {
	return !strings.ContainsFunc(number, func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.IsSpace(r) || r >= '！' && r <= '～'
	})
}

// affords refuses more money than there is.
func (s State) affords(amount domain.Money) (no domain.Refusals) {
	const basis = "预算法 第十三条"
	no.If(amount > s.Unspent(), domain.Refusal{
		Code: "execution.over-allotted", Field: "/amount", Basis: basis,
		Reason: fmt.Sprintf("支付 %s 元，超过已下达而未支出的 %s 元", amount.Exact(), s.Unspent().Exact()),
	})
	left := s.FullYear - s.Paid
	no.If(amount > left, domain.Refusal{
		Code: "execution.over-budget", Field: "/amount", Basis: basis,
		Reason: fmt.Sprintf("支付 %s 元，超过全年预算 %s 元中尚未支出的 %s 元", amount.Exact(), s.FullYear.Exact(), left.Exact()),
	})
	return no
}

// CorrectPayment puts the amount of a payment right; zero voids it. A mistake
// may be put right whether or not payments are held.
type CorrectPayment struct {
	Corrects string       `json:"corrects"`
	Payment  string       `json:"payment"`
	Amount   domain.Money `json:"amount"`
	Reason   string       `json:"reason"`
}

// Decide refuses to correct what was not paid, or to an amount the money would
// not reach. The same amount changes nothing.
func (c CorrectPayment) Decide(s State) ([]Event, error) {
	p, err := s.payment(c.Payment)
	if err != nil || c.Amount == p.Amount {
		return nil, err
	}
	var no domain.Refusals
	no.If(domain.Blank(c.Corrects), domain.Refusal{Code: "execution.corrects-nothing", Reason: "未指明被更正的记录", Field: "/corrects"})
	no.If(c.Amount < 0, noAmount("更正后", c.Amount))
	no.If(c.Amount > domain.MaxMoney-(s.Paid-p.Amount), tooMuch)
	no.If(c.Amount >= 0 && c.Amount < p.Recovered, domain.Refusal{
		Code: "execution.below-recovered", Field: "/amount",
		Reason: fmt.Sprintf("更正为 %s 元，低于已追回的 %s 元", c.Amount.Exact(), p.Recovered.Exact()),
	})
	no.If(domain.Blank(c.Reason), noReason("更正"))
	if more := c.Amount - p.Amount; more > 0 && !p.Attested {
		if err := s.flowing(); err != nil { // more money out, under another name
			return nil, err
		}
		no = append(no, s.affords(more)...)
	}
	return domain.Unless(no, Event(PaymentCorrected{Corrects: c.Corrects, Payment: c.Payment, Was: p.Amount, Amount: c.Amount, Reason: c.Reason}))
}

// Recover takes wrongly spent money back (追回).
type Recover struct {
	Amount  domain.Money `json:"amount"`
	Payment string       `json:"payment"`
	Reason  string       `json:"reason"`
}

// Decide refuses to recover more than the payment was.
func (c Recover) Decide(s State) ([]Event, error) {
	p, err := s.payment(c.Payment)
	if err != nil {
		return nil, err
	}
	const basis = "忻州办法 第四十七条"
	var no domain.Refusals
	left := p.Amount - p.Recovered
	no.If(c.Amount <= 0, noAmount("追回", c.Amount))
	no.If(c.Amount > left, domain.Refusal{
		Code: "execution.over-payment", Field: "/amount", Basis: basis,
		Reason: fmt.Sprintf("追回 %s 元，超过该笔支付尚未追回的 %s 元", c.Amount.Exact(), left.Exact()),
	})
	no.If(domain.Blank(c.Reason), noReason("追回"))
	return domain.Unless(no, Event(Recovered(c)))
}

func (s State) payment(number string) (Payment, error) {
	p, ok := s.Payments[number]
	if !ok {
		return p, domain.Refusal{Code: "execution.unknown-payment", Reason: fmt.Sprintf("没有编号为 %s 的支付", number), Field: "/payment"}
	}
	return p, nil
}
