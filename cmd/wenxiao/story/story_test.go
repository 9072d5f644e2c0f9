package story_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wenxiao/cmd/wenxiao/story"
	"wenxiao/domain"
	"wenxiao/domain/published"
	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/vault"
)

// TestAnyDay tells the story on days all over the year: a demonstration must
// work whenever it is run.
func TestAnyDay(t *testing.T) {
	for _, day := range []domain.Day{"2025-01-05", "2025-02-28", "2025-05-31", "2025-08-28", "2025-08-29", "2025-11-21", "2025-12-31", "2028-02-29"} {
		t.Run(string(day), func(t *testing.T) {
			now := day.Time().Add(11 * time.Hour)
			records, told := tell(t, now)
			if told.Events != len(records) || told.Events < 150 {
				t.Errorf("told %d events, the ledger has %d", told.Events, len(records))
			}
			for _, r := range records {
				if r.RecordedAt.After(now) {
					t.Errorf("%s is recorded on %s, after %s", r.Type, r.RecordedAt, now)
				}
			}
			if int(told.Years[0]) >= now.Year() || int(told.Years[0]) < now.Year()-2 {
				t.Errorf("the year evaluated is %d", told.Years[0])
			}
		})
	}
}

// TestTwice tells the story twice over: the ledger keeps it once, also on
// another day.
func TestTwice(t *testing.T) {
	clock := new(story.Clock)
	store := memory.New(eventstore.WithClock(clock.Now))
	now := domain.Day("2026-11-21").Time()
	silent := func(int, int) {}
	kept := keys(t)
	first, err := story.Tell(t.Context(), store, kept, clock, now, silent)
	if err != nil {
		t.Fatal(err)
	}
	again, err := story.Tell(t.Context(), store, kept, clock, now.AddDate(0, 0, 40), silent)
	if err != nil {
		t.Fatal(err)
	}
	if first.Events == 0 || again.Events != 0 {
		t.Errorf("first %d events, then %d more; want some, then none", first.Events, again.Events)
	}
	if !clock.Now().After(now) {
		t.Error("after the story the clock is not the machine's")
	}
}

// TestInvented looks for names of real places: what the story makes up must not
// be told of anybody.
func TestInvented(t *testing.T) {
	records, _ := tell(t, domain.Day("2026-11-21").Time())
	var real []string
	for _, table := range published.Samples() {
		for _, name := range strings.Split(table.Department, "/") {
			real = append(real, strings.TrimSpace(name))
		}
	}
	for _, r := range records {
		for _, name := range real {
			if strings.Contains(string(r.Data), name) {
				t.Errorf("%s names %s", r.Type, name)
			}
		}
	}
}

// TestLateAndCorrected finds what a replay must be able to show.
func TestLateAndCorrected(t *testing.T) {
	records, _ := tell(t, domain.Day("2026-11-21").Time())
	seen := map[string]int{}
	for _, r := range records {
		seen[r.Type]++
		if r.Late() {
			seen["late"]++
		}
	}
	for _, want := range []string{
		"late", "execution.payment-corrected.v1", "programme.handed-over.v1", "goal.returned.v1", "monitoring.warning-raised.v1",
		"execution.suspended.v1", "evaluation.checked.v1", "rectification.work-returned.v1", "rectification.notice-closed.v1",
		"participant.statement-recorded.v1", "participant.held.v1", "participant.erased.v1",
	} {
		if seen[want] == 0 {
			t.Errorf("the story has no %s", want)
		}
	}
}

func keys(t *testing.T) *vault.Vault {
	t.Helper()
	v, err := vault.Open(t.Context(), filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func tell(t *testing.T, now time.Time) (records []eventstore.Record, told story.Told) {
	t.Helper()
	clock := new(story.Clock)
	store := memory.New(eventstore.WithClock(clock.Now))
	told, err := story.Tell(t.Context(), store, keys(t), clock, now, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range store.ReadAll(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records, told
}
