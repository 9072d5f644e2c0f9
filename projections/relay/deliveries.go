package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/pubsub"
)

// Deliveries knows how far each target is and what it would not take. It lies in
// a database beside the ledger, so that a page can show and order what another
// process delivers.
type Deliveries struct {
	Groups *pubsub.Groups // the targets' marks
	db     *sql.DB
}

const schema = `
CREATE TABLE IF NOT EXISTS relay_targets (
	name TEXT PRIMARY KEY, address TEXT NOT NULL, scope TEXT NOT NULL, seen_at BIGINT NOT NULL,
	down_since BIGINT NOT NULL, reason TEXT NOT NULL, delivered BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS relay_failures (
	target TEXT NOT NULL, position BIGINT NOT NULL, event TEXT NOT NULL, stream TEXT NOT NULL, type TEXT NOT NULL,
	reason TEXT NOT NULL, failed_at BIGINT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (target, position));
CREATE TABLE IF NOT EXISTS relay_acts (
	at BIGINT NOT NULL, by_whom TEXT NOT NULL, target TEXT NOT NULL, act TEXT NOT NULL, position BIGINT NOT NULL)`

// OpenDeliveries makes the tables in db where they are missing.
func OpenDeliveries(ctx context.Context, db *sql.DB) (*Deliveries, error) {
	groups, err := pubsub.OpenGroups(ctx, db)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return &Deliveries{Groups: groups, db: db}, nil
}

// A Standing is how a target stands.
type Standing struct {
	Name      string              `json:"name"`
	Address   string              `json:"address"`
	Scope     string              `json:"scope" doc:"推送哪些事件"`
	Position  eventstore.Position `json:"position" doc:"推送到的账本位置"`
	Head      eventstore.Position `json:"head" doc:"账本现在的位置"`
	Running   bool                `json:"running" doc:"有进程在推送"`
	Seen      time.Time           `json:"seen" doc:"推送进程最近一次报到"`
	DownSince time.Time           `json:"downSince,omitzero" doc:"从何时起送不出去"`
	Reason    string              `json:"reason,omitempty" doc:"送不出去的原因"`
	Delivered int64               `json:"delivered" doc:"送达件数，重送也计"`
	Failures  int                 `json:"failures" doc:"对方拒收、尚未重送的件数"`
}

// Lag is how many records of the ledger the target has not been offered yet.
func (s Standing) Lag() eventstore.Position {
	if s.Position > s.Head {
		return 0
	}
	return s.Head - s.Position
}

// The states of a failure.
const (
	StateFailed    = "failed"
	StateAgain     = "again" // ordered to be sent again
	StateDelivered = "delivered"
)

// A Failure is an event that a target would not take.
type Failure struct {
	Target   string              `json:"target"`
	Position eventstore.Position `json:"position"`
	Event    string              `json:"event"`
	Stream   string              `json:"stream"`
	Type     string              `json:"type"`
	Reason   string              `json:"reason"`
	At       time.Time           `json:"at"`
	State    string              `json:"state" enum:"failed,again,delivered"`
}

// An Act is what somebody ordered about a target.
type Act struct {
	At       time.Time           `json:"at"`
	By       string              `json:"by"`
	Target   string              `json:"target"`
	Act      string              `json:"act" enum:"again,from"`
	Position eventstore.Position `json:"position"`
}

const (
	beat  = 2 * time.Second
	quiet = 5 * beat // after which a relay is believed to have ended
)

// Targets returns every target there ever was, by name. head is the ledger's.
func (d *Deliveries) Targets(ctx context.Context, head eventstore.Position) ([]Standing, error) {
	list := []Standing{}
	rows, err := d.db.QueryContext(ctx, `SELECT t.name, t.address, t.scope, t.seen_at, t.down_since, t.reason, t.delivered, COALESCE(g.done, 0),
		(SELECT COUNT(*) FROM relay_failures f WHERE f.target = t.name AND f.state <> 'delivered')
		FROM relay_targets t LEFT JOIN consumer_groups g ON g.name = 'relay/' || t.name AND g.topic = $1 ORDER BY t.name`, pubsub.All)
	if err != nil {
		return nil, fmt.Errorf("targets: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		s := Standing{Head: head}
		var seen, down, done int64
		if err := rows.Scan(&s.Name, &s.Address, &s.Scope, &seen, &down, &s.Reason, &s.Delivered, &done, &s.Failures); err != nil {
			return nil, err
		}
		s.Seen, s.DownSince, s.Position = moment(seen), moment(down), eventstore.Position(done)
		s.Running = time.Since(s.Seen) < quiet
		list = append(list, s)
	}
	return list, rows.Err()
}

func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// Failures returns what targets would not take, the latest first; of one target
// where it is named.
func (d *Deliveries) Failures(ctx context.Context, target string, limit int) ([]Failure, error) {
	list := []Failure{}
	rows, err := d.db.QueryContext(ctx, `SELECT target, position, event, stream, type, reason, failed_at, state FROM relay_failures
		WHERE $1 = '' OR target = $1 ORDER BY failed_at DESC, position DESC LIMIT $2`, target, limit)
	if err != nil {
		return nil, fmt.Errorf("failures: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f Failure
		var position, at int64
		if err := rows.Scan(&f.Target, &position, &f.Event, &f.Stream, &f.Type, &f.Reason, &at, &f.State); err != nil {
			return nil, err
		}
		f.Position, f.At = eventstore.Position(position), moment(at)
		list = append(list, f)
	}
	return list, rows.Err()
}

// Acts returns what was ordered last.
func (d *Deliveries) Acts(ctx context.Context, limit int) ([]Act, error) {
	list := []Act{}
	rows, err := d.db.QueryContext(ctx, `SELECT at, by_whom, target, act, position FROM relay_acts ORDER BY at DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("acts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Act
		var at, position int64
		if err := rows.Scan(&at, &a.By, &a.Target, &a.Act, &position); err != nil {
			return nil, err
		}
		a.At, a.Position = moment(at), eventstore.Position(position)
		list = append(list, a)
	}
	return list, rows.Err()
}

// Again orders that a failed event be sent again, by whoever delivers to the
// target. It comes after events that are later in the ledger: its id and
// sequence tell.
func (d *Deliveries) Again(ctx context.Context, by, target string, position eventstore.Position) error {
	return d.order(ctx, Act{By: by, Target: target, Act: StateAgain, Position: position}, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE relay_failures SET state = 'again' WHERE target = $1 AND position = $2 AND state <> 'delivered'`, target, int64(position))
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, domain.Refusal{Code: "relay.no-failure", Field: "/position", Reason: fmt.Sprintf("%s 在账本位置 %d 没有待重送的事件", target, position)})
		}
		return nil
	})
}

// From orders that a target get everything again from a position on.
func (d *Deliveries) From(ctx context.Context, by, target string, position, head eventstore.Position) error {
	if position == 0 || position > head+1 {
		return domain.Refusal{Code: "relay.no-position", Field: "/position", Reason: fmt.Sprintf("账本位置 %d 不在 1 到 %d 之间", position, head)}
	}
	err := d.order(ctx, Act{By: by, Target: target, Act: "from", Position: position}, func(tx *sql.Tx) error {
		var one int
		err := tx.QueryRowContext(ctx, `SELECT 1 FROM relay_targets WHERE name = $1`, target).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return domain.Refusal{Code: "relay.no-target", Field: "/target", Reason: "没有名为 " + target + " 的推送目标"}
		}
		return err
	})
	if err != nil {
		return err
	}
	return d.Groups.Seek(ctx, Target{Name: target}.Group(), pubsub.All, uint64(position-1))
}

// order does something and notes who wanted it, both or neither.
func (d *Deliveries) order(ctx context.Context, a Act, do func(*sql.Tx) error) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO relay_acts (at, by_whom, target, act, position) VALUES ($1, $2, $3, $4, $5)`, time.Now().UnixMilli(), a.By, a.Target, a.Act, int64(a.Position))
	if err != nil {
		return err
	}
	return tx.Commit()
}

// failed keeps an event that a target would not take.
func (d *Deliveries) failed(ctx context.Context, target string, r eventstore.Record, reason string) error {
	_, err := d.db.ExecContext(ctx, `INSERT INTO relay_failures (target, position, event, stream, type, reason, failed_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, 'failed')
		ON CONFLICT (target, position) DO UPDATE SET reason = excluded.reason, failed_at = excluded.failed_at, state = 'failed'`,
		target, int64(r.Position), r.ID, r.Stream, r.Type, reason, time.Now().UnixMilli())
	return err
}

// took notes that a target has taken an event it once would not.
func (d *Deliveries) took(ctx context.Context, target string, position eventstore.Position) error {
	_, err := d.db.ExecContext(ctx, `UPDATE relay_failures SET state = 'delivered' WHERE target = $1 AND position = $2`, target, int64(position))
	return err
}

// ordered returns the positions that are to be sent again, and how many failures
// are open at all.
func (d *Deliveries) ordered(ctx context.Context, target string) (again []eventstore.Position, open int, err error) {
	rows, err := d.db.QueryContext(ctx, `SELECT position, state FROM relay_failures WHERE target = $1 AND state <> 'delivered' ORDER BY position`, target)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var position int64
		var state string
		if err := rows.Scan(&position, &state); err != nil {
			return nil, 0, err
		}
		if open++; state == StateAgain {
			again = append(again, eventstore.Position(position))
		}
	}
	return again, open, rows.Err()
}

// enter makes a target known that was not.
func (d *Deliveries) enter(ctx context.Context, t Target) error {
	_, err := d.db.ExecContext(ctx, `INSERT INTO relay_targets (name, address, scope, seen_at, down_since, reason, delivered) VALUES ($1, $2, $3, $4, 0, '', 0)
		ON CONFLICT (name) DO NOTHING`, t.Name, t.Address(), t.Scope(), time.Now().UnixMilli())
	return err
}

// report says that a target is being delivered to, and how it goes.
func (d *Deliveries) report(ctx context.Context, t Target, downSince time.Time, reason string, delivered int64) error {
	var down int64
	if !downSince.IsZero() {
		down = downSince.UnixMilli()
	}
	_, err := d.db.ExecContext(ctx, `INSERT INTO relay_targets (name, address, scope, seen_at, down_since, reason, delivered) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (name) DO UPDATE SET address = excluded.address, scope = excluded.scope, seen_at = excluded.seen_at,
		down_since = excluded.down_since, reason = excluded.reason, delivered = relay_targets.delivered + excluded.delivered`,
		t.Name, t.Address(), t.Scope(), time.Now().UnixMilli(), down, reason, delivered)
	return err
}
