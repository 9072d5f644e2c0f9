package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/api/web"
	"wenxiao/eventstore"
	"wenxiao/eventstore/seal"
)

// proofQueries are the proof for programs; the same files lie at /checkpoint,
// /policy and /tile/, without signing in.
func (s *Server) proofQueries(a huma.API) {
	query(s, a, "seal", "proof.seal", "封存：签到哪里、见证如何", s.askSeal)
	query(s, a, "records/{id}/receipt", "proof.receipt", "一条记录的回执（C2SP tlog-proof）", s.askReceipt)
	huma.Register(a, huma.Operation{
		OperationID: "proof.verify", Method: http.MethodPost, Path: "/api/v1/verify", Tags: []string{"proof"},
		Summary: "核验回执或检查点", Description: "与账本对照，不写账本，也不留存。", Errors: []int{400, 401, 422, 503},
	}, func(ctx context.Context, in *verifyRequest) (*found[Verification], error) {
		result, err := s.held(ctx, []byte(in.Body.Text))
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return &found[Verification]{Body: verificationOf(result)}, nil
	})
}

// Seal is how sealing goes, with what anybody needs to verify it.
type Seal struct {
	seal.Status
	Signed string `json:"signed" doc:"签名的检查点（C2SP tlog-checkpoint），没有时为空"`
	Policy string `json:"policy" doc:"公钥、见证和要求（C2SP tlog-policy）"`
}

func (s *Server) askSeal(context.Context, *struct{}) (Seal, error) {
	if s.Sealer == nil {
		return Seal{}, errUnsealed
	}
	latest, _ := s.Sealer.Latest()
	return Seal{Status: s.Sealer.Status(), Signed: string(latest.Note), Policy: s.Sealer.Policy().Standard().String()}, nil
}

// Receipt is a receipt with what it says of its place.
type Receipt struct {
	Position eventstore.Position `json:"position"`
	Receipt  string              `json:"receipt" doc:"回执全文，存成 .tlog-proof 文件即可离线核验"`
}

func (s *Server) askReceipt(ctx context.Context, in *recordOf) (Receipt, error) {
	record, err := s.recordNamed(ctx, in.ID)
	if err != nil {
		return Receipt{}, err
	}
	text, err := s.receipt(ctx, record.Position)
	return Receipt{Position: record.Position, Receipt: string(text)}, err
}

type verifyRequest struct {
	Body struct {
		Text string `json:"text" maxLength:"65536" doc:"回执或检查点的全文"`
	}
}

// Verification is what came of holding a receipt or a checkpoint against the
// ledger.
type Verification struct {
	Genuine bool                `json:"genuine" doc:"各项核验都一致"`
	Kind    string              `json:"kind" doc:"回执或检查点"`
	Number  eventstore.Position `json:"position,omitempty"`
	Header  *eventstore.Header  `json:"envelope,omitempty"`
	Checks  []VerificationCheck `json:"checks"`
}

// VerificationCheck is one question and its answer.
type VerificationCheck struct {
	What   string `json:"what"`
	Agrees bool   `json:"agrees"`
	Detail string `json:"detail,omitempty"`
}

func verificationOf(r *web.VerifyResult) Verification {
	v := Verification{Genuine: r.Verdict.Kind == web.Verified.Kind, Kind: r.Kind, Number: r.Number, Header: r.Header, Checks: []VerificationCheck{}}
	for _, c := range r.Checks {
		v.Checks = append(v.Checks, VerificationCheck{What: c.What, Agrees: c.State.Kind == web.Agrees.Kind, Detail: c.Detail})
	}
	return v
}
