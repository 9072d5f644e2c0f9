package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"wenxiao/api/web"
	"wenxiao/domain"
	"wenxiao/domain/attachment"
	"wenxiao/eventstore/attachments/inspect"
)

const (
	uploadTime   = 10 * time.Minute // that an upload or a download may take
	mostAtOnce   = 4                // files of the greatest size that one request may bring
	uploadsPath  = "/api/v1/attachments"
	filesControl = "files" // the control that takes files; the digests of those taken are in attachments
)

// uploads tells the pages whose forms take files.
var uploads = regexp.MustCompile(`^/(?:goals|evaluations)/[^/]+/[^/]+/file$|^/rectifications/[^/]+/(?:plan|progress|report)$|^/monitoring/[^/]+/[^/]+/risk$`)

// most is how large a body the address may take.
func (s *Server) most(path string) int64 {
	switch {
	case path == uploadsPath, uploads.MatchString(path):
		return mostAtOnce*s.Files.Most + maxBody
	case takesFiles(path):
		return maxUpload
	}
	return maxBody
}

// longer gives a request with files the time they take.
func longer(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(uploadTime)) // a writer that cannot: then the server's own times hold
	_ = c.SetWriteDeadline(time.Now().Add(uploadTime + time.Minute))
}

// A DepositAnswer says of one file handed in what it is and where it went.
type DepositAnswer struct {
	Digest    string `json:"digest" doc:"SHA-256，办理时写进 Attachments"`
	SM3       string `json:"sm3"`
	Size      int64  `json:"size" doc:"字节"`
	MediaType string `json:"mediaType"`
	Name      string `json:"name"`
	Entered
}

// DepositsAnswer lists the files handed in, in the order they came.
type DepositsAnswer struct {
	Files []DepositAnswer `json:"files"`
}

// depositRoute takes files from programs: the body is one file, or
// multipart/form-data several.
func (s *Server) depositRoute(r *mux.Router, a huma.API) {
	r.HandleFunc(uploadsPath, func(w http.ResponseWriter, r *http.Request) {
		if err := s.depositFiles(w, r); err != nil {
			s.fail(w, r, err)
		}
	}).Methods("POST")
	binary := &huma.Schema{Type: "string", Format: "binary"}
	several := &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{filesControl: {Type: "array", Items: binary}}}
	in := func(where, name, says string) *huma.Param {
		return &huma.Param{Name: name, In: where, Description: says, Schema: &huma.Schema{Type: "string"}}
	}
	a.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "attachment.deposit", Method: http.MethodPost, Path: uploadsPath, Tags: []string{"attachment"}, Summary: "交存附件",
		Description: "内容就是文件，文件名写在 name；或用 multipart/form-data 一次交几个。可交：" + inspect.Titles() + "。",
		Parameters: []*huma.Param{
			in("query", "name", "文件名；multipart 时取各部分自己的"), in("query", "title", "是什么材料"), in("query", "programme", "有关的项目编码"), in("query", "year", "预算年度"),
			in("header", "Idempotency-Key", "相同的请求只办一次"), in("header", "Effective-At", "交存发生的时刻；不写即现在"),
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: binary}, "multipart/form-data": {Schema: several}}},
		Responses: byHand(a, &huma.Response{
			Description: "已交存", Content: map[string]*huma.MediaType{"application/json": {Schema: a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[DepositsAnswer](), true, "DepositsAnswer")}},
		}, 400, 401, 403, 413, 422, 500, 503, 507),
	})
}

func (s *Server) depositFiles(w http.ResponseWriter, r *http.Request) error {
	who, err := Conditions{Key: r.Header.Get("Idempotency-Key"), EffectiveAt: r.Header.Get("Effective-At")}.who(r.Context())
	if err != nil {
		return err
	}
	cmd, err := depositAsked(r.URL.Query())
	if err != nil {
		return err
	}
	if _, err := s.depositing(r.Context(), who, "", &cmd); err != nil { // before a byte is read
		return err
	}
	longer(w)
	answer := DepositsAnswer{Files: []DepositAnswer{}}
	err = eachFile(r, cmd.Name, func(name string, body io.Reader) error {
		if len(answer.Files) == attachment.MostPerAct {
			return attachment.TooMany()
		}
		numbered, cmd := who, cmd
		if n := len(answer.Files); n > 0 {
			numbered.Command += fmt.Sprintf("#%d", n+1)
		}
		cmd.Name = name
		one, err := s.take(r.Context(), numbered, body, cmd)
		answer.Files = append(answer.Files, one)
		return err
	})
	if err != nil {
		return err
	}
	if len(answer.Files) == 0 {
		return domain.Refusal{Code: "attachment.none", Reason: "请求里没有文件", Field: "/" + filesControl}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Ledger-Position", fmt.Sprint(answer.Files[len(answer.Files)-1].Position))
	return json.NewEncoder(w).Encode(answer)
}

func depositAsked(q url.Values) (cmd attachment.Deposit, err error) {
	cmd = attachment.Deposit{Name: q.Get("name"), Title: q.Get("title"), Programme: domain.ProgrammeCode(q.Get("programme"))}
	if text := q.Get("year"); text != "" {
		year, err := strconv.Atoi(text)
		if err != nil {
			return cmd, domain.Refusal{Code: "request.malformed-number", Reason: "“" + text + "”不是年度", Field: "/year"}
		}
		cmd.Year = domain.FiscalYear(year)
	}
	return cmd, nil
}

// eachFile hands out the files of a request one after the other, as they arrive.
func eachFile(r *http.Request, name string, do func(name string, body io.Reader) error) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		if err := attachment.CheckName(name); err != nil {
			return err
		}
		return do(name, r.Body)
	}
	return eachPart(r, func(part *multipart.Part) error {
		if part.FileName() == "" {
			return nil
		}
		return do(part.FileName(), part)
	})
}

func eachPart(r *http.Request, do func(*multipart.Part) error) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return &Problem{Status: http.StatusBadRequest, Title: "读不懂", Code: "request.unreadable", Reason: "内容不是 multipart/form-data"}
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return cutOff(err)
		}
		if err := do(part); err != nil {
			return cutOff(err)
		}
	}
}

// cutOff tells a body that ended too soon from faults of ours.
func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &Problem{Status: http.StatusBadRequest, Title: "读不懂", Code: "request.unreadable", Reason: "内容没有收全，没有交存"}
	}
	return err
}

// take receives one file and hands it in.
func (s *Server) take(ctx context.Context, who Who, body io.Reader, cmd attachment.Deposit) (DepositAnswer, error) {
	if err := attachment.CheckName(cmd.Name); err != nil {
		return DepositAnswer{}, atFiles(err)
	}
	taken, err := s.Files.Take(ctx, cmd.Name, body)
	if err != nil {
		return DepositAnswer{}, err
	}
	defer taken.Discard()
	appended, err := s.deposit(ctx, who, taken, cmd)
	if err != nil {
		return DepositAnswer{}, atFiles(err)
	}
	return DepositAnswer{
		Digest: taken.Digest, SM3: taken.SM3, Size: taken.Size, MediaType: taken.MediaType, Name: cmd.Name,
		Entered: answer(attachment.Stream(taken.Digest), who, appended).Body,
	}, nil
}

// atFiles puts refusals of a file at the one control there is for files.
func atFiles(err error) error {
	refused := domain.Refused(err)
	if len(refused) == 0 {
		return err
	}
	for i := range refused {
		refused[i].Field = "/attachments"
	}
	return domain.Refuse(refused...)
}

// readAct reads the form of an act. Files that come with it are handed in at once,
// and stay chosen whatever else is wrong; a file refused is said at the control.
func (s *Server) readAct(w http.ResponseWriter, r *http.Request, at situation) (*form, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" || !uploads.MatchString(r.URL.Path) {
		return readForm(r)
	}
	who, _ := s.who(r)
	typed, wrong := url.Values{}, domain.Refusals{}
	longer(w)
	room := int64(maxBody)
	err := eachPart(r, func(part *multipart.Part) error {
		switch {
		case part.FormName() != filesControl:
			text, err := io.ReadAll(io.LimitReader(part, room+1))
			if room -= int64(len(text)); room < 0 {
				return &http.MaxBytesError{Limit: maxBody}
			}
			typed.Add(part.FormName(), string(text))
			return err
		case part.FileName() == "":
			return nil
		case len(typed["attachments"]) >= attachment.MostPerAct:
			wrong.If(len(wrong) == 0, attachment.TooMany())
			return nil
		}
		one := who
		one.Command = who.Command + fmt.Sprintf("#%d", len(typed["attachments"])+len(wrong)+1)
		file, err := s.take(r.Context(), one, part, attachment.Deposit{Name: part.FileName(), Programme: at.row.Code, Year: at.row.Year})
		if refused := domain.Refused(err); len(refused) > 0 {
			wrong = append(wrong, refused...)
			return nil
		}
		typed.Add("attachments", file.Digest)
		return err
	})
	if err != nil {
		return nil, err
	}
	f, err := newForm(typed)
	if err == nil {
		f.wrong = wrong
	}
	return f, err
}

// chosen is what there is to show of files without opening them.
func (s *Server) chosen(ctx context.Context, digests []string) (files []web.ChosenFile, err error) {
	for _, d := range digests {
		f, err := s.file(ctx, d)
		if err != nil {
			return files, err
		}
		if len(f.Deposits) > 0 {
			last := f.Deposits[len(f.Deposits)-1]
			files = append(files, web.ChosenFile{Digest: d, Name: last.Name, Bytes: last.Size})
		}
	}
	return files, nil
}
