package evidence

import (
	"encoding/json"
	"errors"
	"strings"

	"wenxiao/domain"
	"wenxiao/domain/participant"
	"wenxiao/eventstore"
	"wenxiao/eventstore/vault"
)

// A Revealed is a text of a private person that was opened for whoever asked. It
// is part of what was asked for, for no record has it in the clear.
type Revealed struct {
	Position eventstore.Position `json:"position"`
	Person   string              `json:"person"`
	What     string              `json:"what"` // 姓名
	Text     string              `json:"text,omitempty"`
	Gone     bool                `json:"gone,omitempty"` // the key is destroyed
}

// reveal opens what the chosen records have of private persons, if that was asked
// for and keys are at hand.
func (s *selecting) reveal() error {
	if !s.Personal || s.Keys == nil {
		return nil
	}
	erased := map[string]bool{}
	for r, err := range recordsAt(s.ctx, s.Store, s.positions()) {
		if err != nil {
			return err
		}
		person, ok := strings.CutPrefix(r.Stream, participant.Stream(""))
		if !ok {
			continue
		}
		if _, known := erased[person]; !known {
			if erased[person], err = s.erased(r.Stream); err != nil {
				return err
			}
		}
		for _, field := range protectedIn(r) {
			if erased[person] {
				s.Revealed = append(s.Revealed, Revealed{r.Position, person, field.what, "", true})
			} else if err := s.open(r.Position, person, field); err != nil {
				return err
			}
		}
	}
	return nil
}

// erased reports whether a participant is erased, whenever that was: a key that
// came back with a backup opens nothing.
func (s *selecting) erased(stream string) (bool, error) {
	for r, err := range s.Store.ReadStream(s.ctx, stream, 0) {
		if err != nil || r.Type == (participant.Erased{}).EventType() {
			return err == nil, err
		}
	}
	return false, nil
}

// A sealedField is a protected text with the name it is protected under.
type sealedField struct {
	domain.Protected
	field, what string
}

// protectedIn lists the protected texts of a record.
func protectedIn(r eventstore.Record) (fields []sealedField) {
	var data struct {
		Identity participant.Kept     `json:"identity"`
		Text     domain.Protected     `json:"text"`
		Stage    participant.Stage    `json:"stage"`
		Code     domain.ProgrammeCode `json:"programme"`
		Year     domain.FiscalYear    `json:"year"`
	}
	_ = json.Unmarshal(r.Data, &data) // what cannot be read the examination tells of
	for _, part := range data.Identity.Parts() {
		if part.Value.Key != "" {
			fields = append(fields, sealedField{*part.Value, part.Field, participant.FieldNames[part.Field]})
		}
	}
	if data.Text.Key != "" {
		fields = append(fields, sealedField{data.Text, participant.StatementField(data.Code, data.Year), data.Stage.Name()})
	}
	return fields
}

func (s *selecting) open(at eventstore.Position, person string, f sealedField) error {
	text, err := s.Keys.Reveal(s.ctx, person, f.field, f.Protected)
	if errors.Is(err, vault.ErrDestroyed) {
		err = nil
		s.Revealed = append(s.Revealed, Revealed{at, person, f.what, "", true})
	} else if err == nil {
		s.Revealed = append(s.Revealed, Revealed{at, person, f.what, text, false})
	}
	return err
}
