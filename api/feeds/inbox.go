package feeds

import (
	"context"
	"errors"
	"net/http"
	"time"

	"wenxiao/domain"
	"wenxiao/projections/relay"
)

// An Inbox takes in messages. The fields are set before it is used and not
// changed after.
type Inbox struct {
	Sources []Source
	Letters *Letters

	// Do carries a message out as a command, once for each id of the source
	// however often it is asked to. by is who has corrected it, empty for nobody.
	// It returns a [Refused] where the ledger says no; after any other error the
	// outcome is open.
	Do func(ctx context.Context, source Source, body []byte, by Person) error

	// Took is told how each message went: entered, refused or failed.
	Took func(source, how string)
}

// Refused is a rule saying no to a message.
type Refused struct{ Code, Reason, Field, Basis string }

func (r Refused) Error() string { return r.Code + ": " + r.Reason }

// Source returns the source of that name.
func (in *Inbox) Source(name string) (Source, bool) {
	for _, s := range in.Sources {
		if s.Name == name {
			return s, true
		}
	}
	return Source{}, false
}

// Receive carries a message out, or keeps it as a letter and returns the
// [Refused]. After any other error it may be received again: what has been done
// is not done twice. header is what came beside the body.
func (in *Inbox) Receive(ctx context.Context, s Source, body []byte, header http.Header) error {
	return in.receive(ctx, s, part{body: body}, header)
}

// receive is Receive of a part of a file: what is refused says which. The place is
// no part of the message, which is the same in another row.
func (in *Inbox) receive(ctx context.Context, s Source, p part, header http.Header) error {
	no, body := Refused{}, p.body
	if err := s.Authentic(body, header); errors.As(err, &no) {
		if err := in.Letters.keep(ctx, s.Name, digestKey(body), body, no); err != nil { // under no id: whoever sent it may have made that up
			return err
		}
		in.took(s, "refused")
		return no
	} else if err != nil {
		return err
	}
	letter, err := in.Letters.of(ctx, s.Name, key(body))
	if err != nil {
		return err
	}
	if letter.ID != "" && letter.State != Open && letter.Body == string(body) {
		return nil // delivered again after somebody settled it
	}
	err = in.Do(ctx, s, body, Person{})
	switch {
	case errors.As(err, &no):
		if p.where != "" {
			no.Reason = p.where + "：" + no.Reason
		}
		if err := in.keep(ctx, s, letter, body, no); err != nil {
			return err // and it must come again
		}
		in.took(s, "refused")
		return no
	case err != nil:
		in.took(s, "failed")
		return err
	case letter.State == Open: // the sender has put it right
		err = in.Letters.move(ctx, letter.ID, Open, Entered)
	}
	in.took(s, "entered")
	return err
}

// keep keeps a refused message, and of one that was refused before what it was.
func (in *Inbox) keep(ctx context.Context, s Source, before Letter, body []byte, no Refused) error {
	if before.ID != "" && before.Body != string(body) {
		if _, err := in.Letters.note(ctx, before.ID, Act{Act: "resent", Body: before.Body, Outcome: before.State + " " + before.Code}); err != nil {
			return err
		}
	}
	return in.Letters.keep(ctx, s.Name, key(body), body, no)
}

func (in *Inbox) took(s Source, how string) {
	if in.Took != nil {
		in.Took(s.Name, how)
	}
}

// Authentic refuses a message without the signature that its source must have.
// The id signed must be the message's own.
func (s Source) Authentic(body []byte, header http.Header) error {
	if _, local := s.folder(); s.Secret == "" || local {
		return nil
	}
	secret, err := relay.SecretAt(s.Secret)
	if err != nil {
		return err
	}
	id, err := secret.Verify(header, time.Now(), body)
	if errors.Is(err, relay.ErrStale) && s.From != Hook { // a broker keeps messages while we are away; a recording is one that was entered
		err = nil
	}
	if err != nil {
		return Refused{Code: "feed.unsigned", Reason: "没有有效的签名，或签名已过时"}
	}
	if id != key(body) {
		return Refused{Code: "feed.other-id", Field: "/id", Reason: "签名的编号与消息的 id 不同"}
	}
	return nil
}

// Retry carries a letter's message out again, corrected where body differs from
// what came, and notes who did so and what came of it.
func (in *Inbox) Retry(ctx context.Context, id string, by Person, body []byte) error {
	letter, err := in.Letters.One(ctx, id)
	if err != nil {
		return err
	}
	s, ok := in.Source(letter.Source)
	switch {
	case letter.State != Open:
		return settled
	case !ok:
		return domain.Refusal{Code: "feed.no-source", Reason: "来源 " + letter.Source + " 已不在配置里"}
	case letter.Whole():
		return domain.Refusal{Code: "feed.whole-file", Reason: WholeFile}
	case letter.Code == "feed.unsigned", letter.Code == "feed.other-id":
		return domain.Refusal{Code: "feed.unsigned", Reason: "这一件没有来源 " + letter.Source + " 的有效签名，不能当作它的数据办理；核实后由对方重新签名发送，这一件写明理由不办"}
	case key(body) != letter.Message && letter.Code != "feed.malformed" && letter.Code != "feed.malformed-id" && letter.Code != "feed.not-text":
		return domain.Refusal{Code: "feed.other-id", Field: "/body", Reason: "更正不得改动消息的 id：它使同一件事不会办两次"}
	}
	if err := letter.sameRow(body); err != nil {
		return err
	}
	a := Act{Person: by.ID, Name: by.Name, Act: "retry", Outcome: "ordered"}
	if string(body) == letter.Body {
		by = Person{}
	} else {
		a.Body = string(body)
	}
	act, err := in.Letters.note(ctx, id, a)
	if err != nil {
		return err
	}
	err = in.Do(ctx, s, body, by)
	no := Refused{}
	switch {
	case errors.As(err, &no):
		return errors.Join(in.Letters.conclude(ctx, act, "refused "+no.Code), no)
	case err != nil:
		return errors.Join(in.Letters.conclude(ctx, act, "failed"), err)
	}
	if err := in.Letters.move(ctx, id, Open, Entered); err != nil { // somebody else was first, and theirs was entered
		return errors.Join(in.Letters.conclude(ctx, act, "settled"), err)
	}
	return in.Letters.conclude(ctx, act, Entered)
}
