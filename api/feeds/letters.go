package feeds

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"modernc.org/sqlite"

	"wenxiao/domain"
	"wenxiao/projections"
)

// Letters keeps what was refused: bytes as they came, the reason, and what
// somebody did about it.
type Letters struct{ db *sql.DB }

const schema = `
CREATE TABLE IF NOT EXISTS dead_letters (
	id TEXT PRIMARY KEY, source TEXT NOT NULL, message TEXT NOT NULL, body BYTEA NOT NULL, code TEXT NOT NULL,
	reason TEXT NOT NULL, field TEXT NOT NULL, basis TEXT NOT NULL, refused_at BIGINT NOT NULL, state TEXT NOT NULL,
	UNIQUE (source, message));
CREATE TABLE IF NOT EXISTS dead_letter_acts (
	id TEXT PRIMARY KEY, letter TEXT NOT NULL, at BIGINT NOT NULL, person TEXT NOT NULL, name TEXT NOT NULL, act TEXT NOT NULL,
	reason TEXT NOT NULL, body BYTEA, outcome TEXT NOT NULL)`

// OpenLetters makes the tables in db where they are missing.
func OpenLetters(ctx context.Context, db *sql.DB) (*Letters, error) {
	text := schema
	if _, ok := db.Driver().(*sqlite.Driver); ok {
		text = string(bytes.ReplaceAll([]byte(text), []byte("BYTEA"), []byte("BLOB")))
	}
	if _, err := db.ExecContext(ctx, text); err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	return &Letters{db}, nil
}

// The states of a letter.
const (
	Open      = "open"
	Entered   = "entered" // in the ledger after all
	Dismissed = "dismissed"
)

// A Letter is a message that the ledger refused.
type Letter struct {
	ID      string    `json:"id"`
	Source  string    `json:"source"`
	Message string    `json:"message" doc:"消息编号"`
	Body    string    `json:"body" doc:"收到的原文"`
	Code    string    `json:"code"`
	Reason  string    `json:"reason"`
	Field   string    `json:"field,omitempty"`
	Basis   string    `json:"basis,omitempty"`
	At      time.Time `json:"at"`
	State   string    `json:"state" enum:"open,entered,dismissed"`
	Acts    []Act     `json:"acts"`
}

// wholeFile begins the number of a letter that holds a file in which no messages
// could be told apart; the digest of its bytes follows.
const wholeFile = "file-sha256:"

// Whole reports a letter that holds such a file, or its beginning.
func (l Letter) Whole() bool { return strings.HasPrefix(l.Message, wholeFile) }

// WholeFile says what to do about one.
const WholeFile = "这是整个文件，分不出一条条消息，不能在这里再办。照上面的理由改好原来的文件，再放进来源的文件夹（或用 wenxiao feed 送）；收下以后，把这一件写明理由不办"

// An Act is what somebody did about a letter.
type Act struct {
	At      time.Time `json:"at"`
	Person  string    `json:"person"`
	Name    string    `json:"name"`
	Act     string    `json:"act" enum:"retry,dismiss,resent"`
	Reason  string    `json:"reason,omitempty" doc:"不办的理由"`
	Body    string    `json:"body,omitempty" doc:"更正后的内容；对方重发的，是先前的内容"`
	Outcome string    `json:"outcome" doc:"结果"`
}

const columns = `id, source, message, body, code, reason, field, basis, refused_at, state`

func scan(scan func(...any) error) (l Letter, err error) {
	var at int64
	var body []byte
	err = scan(&l.ID, &l.Source, &l.Message, &body, &l.Code, &l.Reason, &l.Field, &l.Basis, &at, &l.State)
	l.At, l.Body, l.Acts = time.UnixMilli(at).UTC(), string(body), []Act{}
	return l, err
}

// listed is how much of a body a list shows.
const listed = 4 << 10

// List returns the letters in a state, the latest first, and how many there are.
// Of their bodies it has the beginnings.
func (l *Letters) List(ctx context.Context, state string, limit int) (list []Letter, total int, err error) {
	if err := l.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM dead_letters WHERE state = $1`, state).Scan(&total); err != nil {
		return nil, 0, err
	}
	beginnings := strings.Replace(columns, "body", fmt.Sprintf("substr(body, 1, %d)", listed), 1)
	rows, err := l.db.QueryContext(ctx, `SELECT `+beginnings+` FROM dead_letters WHERE state = $1 ORDER BY refused_at DESC, id DESC LIMIT $2`, state, limit)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	list = []Letter{}
	for rows.Next() {
		letter, err := scan(rows.Scan)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, letter)
	}
	return list, total, rows.Err()
}

// One returns a letter with what was done about it.
func (l *Letters) One(ctx context.Context, id string) (Letter, error) {
	letter, err := scan(l.db.QueryRowContext(ctx, `SELECT `+columns+` FROM dead_letters WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return letter, projections.ErrNotFound
	}
	if err != nil {
		return letter, err
	}
	rows, err := l.db.QueryContext(ctx, `SELECT at, person, name, act, reason, body, outcome FROM dead_letter_acts WHERE letter = $1 ORDER BY at, id`, id)
	if err != nil {
		return letter, err
	}
	defer rows.Close()
	for rows.Next() {
		var a Act
		var at int64
		var body []byte
		if err := rows.Scan(&at, &a.Person, &a.Name, &a.Act, &a.Reason, &body, &a.Outcome); err != nil {
			return letter, err
		}
		a.At, a.Body = time.UnixMilli(at).UTC(), string(body)
		letter.Acts = append(letter.Acts, a)
	}
	return letter, rows.Err()
}

// of returns the letter that a message became, with an empty id for none.
func (l *Letters) of(ctx context.Context, source, message string) (Letter, error) {
	letter, err := scan(l.db.QueryRowContext(ctx, `SELECT `+columns+` FROM dead_letters WHERE source = $1 AND message = $2`, source, message).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Letter{}, nil
	}
	return letter, err
}

// keep keeps a refused message. One that comes again as it was stays one letter;
// with other bytes it replaces them.
func (l *Letters) keep(ctx context.Context, source, message string, body []byte, no Refused) error {
	_, err := l.db.ExecContext(ctx, `INSERT INTO dead_letters (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')
		ON CONFLICT (source, message) DO UPDATE SET body = excluded.body, code = excluded.code, reason = excluded.reason,
		field = excluded.field, basis = excluded.basis, refused_at = excluded.refused_at, state = 'open'`,
		uuid.Must(uuid.NewV7()).String(), source, message, body, no.Code, no.Reason, no.Field, no.Basis, time.Now().UnixMilli())
	if err != nil {
		return fmt.Errorf("keep a refused message of %s: %w", source, err)
	}
	return nil
}

func (l *Letters) move(ctx context.Context, id, from, to string) error {
	result, err := l.db.ExecContext(ctx, `UPDATE dead_letters SET state = $1 WHERE id = $2 AND state = $3`, to, id, from)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, settled)
	}
	return nil
}

var settled = domain.Refusal{Code: "feed.settled", Reason: "这一件已经处理过了"}

// note writes down an act, whatever becomes of it.
func (l *Letters) note(ctx context.Context, letter string, a Act) (id string, err error) {
	id = uuid.Must(uuid.NewV7()).String()
	_, err = l.db.ExecContext(ctx, `INSERT INTO dead_letter_acts (id, letter, at, person, name, act, reason, body, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		id, letter, time.Now().UnixMilli(), a.Person, a.Name, a.Act, a.Reason, []byte(a.Body), a.Outcome)
	return id, err
}

func (l *Letters) conclude(ctx context.Context, act, outcome string) error {
	_, err := l.db.ExecContext(ctx, `UPDATE dead_letter_acts SET outcome = $1 WHERE id = $2`, outcome, act)
	return err
}

// Dismiss closes a letter without the ledger, for a reason.
func (l *Letters) Dismiss(ctx context.Context, id string, by Person, reason string) error {
	if domain.Blank(reason) {
		return domain.Refusal{Code: "feed.no-reason", Field: "/reason", Reason: "不办须写明理由"}
	}
	if err := l.move(ctx, id, Open, Dismissed); err != nil {
		return err
	}
	_, err := l.note(ctx, id, Act{Person: by.ID, Name: by.Name, Act: "dismiss", Reason: reason, Outcome: Dismissed})
	return err
}

// A Person is who does something about a letter.
type Person struct{ ID, Name string }
