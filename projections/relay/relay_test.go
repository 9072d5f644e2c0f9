package relay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"wenxiao/eventstore"
	"wenxiao/eventstore/memory"
	"wenxiao/eventstore/postgres/pgtest"
	"wenxiao/eventstore/pubsub"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A depot is a ledger with what relays need.
type depot struct {
	*testing.T
	store      eventstore.Store
	deliveries *Deliveries
	registry   *prometheus.Registry
	metrics    *Metrics
	ids        []string
}

func newDepot(t *testing.T) *depot {
	t.Helper()
	return newDepotOn(t, "sqlite:"+filepath.Join(t.TempDir(), "streams"))
}

func newDepotOn(t *testing.T, address string) *depot {
	t.Helper()
	db, err := pubsub.OpenDB(t.Context(), address)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	deliveries, err := OpenDeliveries(t.Context(), db)
	must(t, err)
	d := &depot{T: t, store: memory.New(), deliveries: deliveries, registry: prometheus.NewRegistry()}
	d.metrics = NewMetrics(d.registry)
	d.registry.MustRegister(Lags{deliveries, d.store})
	return d
}

// record appends n events.
func (d *depot) record(n int) {
	d.Helper()
	for range n {
		i := len(d.ids)
		a, err := d.store.Append(d.Context(), fmt.Sprintf("goal-%d", i), 0, eventstore.Draft{Type: "goal.filed.v1", Data: fmt.Appendf(nil, `{"n":%d}`, i)})
		must(d.T, err)
		d.ids = append(d.ids, a.IDs...)
	}
}

// relays runs a relay until stop is called.
func (d *depot) relays(targets ...Target) (stop func()) {
	d.Helper()
	must(d.T, Config{targets}.Check())
	ctx, cancel := context.WithCancel(context.Background())
	r := &Relay{
		Store: d.store, Deliveries: d.deliveries, Targets: targets, Metrics: d.metrics,
		Log: slog.New(slog.NewTextHandler(d.Output(), nil)), Retry: Retry{Attempts: 4, Shortest: 5 * time.Millisecond, Longest: 20 * time.Millisecond},
	}
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); must(d.T, <-done) })
	d.Cleanup(stop)
	return stop
}

// eventually waits until something holds.
func (d *depot) eventually(what string, holds func() bool) {
	d.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			d.Fatalf("not in time: %s", what)
		}
	}
}

func (d *depot) standing(target string) Standing {
	d.Helper()
	head, err := d.store.Head(d.Context())
	must(d.T, err)
	list, err := d.deliveries.Targets(d.Context(), head)
	must(d.T, err)
	for _, s := range list {
		if s.Name == target {
			return s
		}
	}
	return Standing{}
}

// A receiver is the other side of a webhook.
type receiver struct {
	mu     sync.Mutex
	ids    []string
	answer func(CloudEvent, int) int // status for an event, by how often it has come
	seen   map[string]int
	faults []string
}

func (d *depot) receiver() (*receiver, string) {
	r := &receiver{seen: map[string]int{}, answer: func(CloudEvent, int) int { return http.StatusNoContent }}
	s := httptest.NewServer(r)
	d.Cleanup(s.Close)
	return r, s.URL
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, _ := io.ReadAll(q.Body)
	secret, _ := ReadSecret(secretText)
	id, err := secret.Verify(q.Header, time.Now(), body)
	var e CloudEvent
	if json.Unmarshal(body, &e) != nil || err != nil || e.ID != id || e.SpecVersion != "1.0" || q.Header.Get("Content-Type") != ContentType {
		r.faults = append(r.faults, fmt.Sprintf("%v %v %s", err, q.Header, body))
	}
	r.seen[e.ID]++
	status := r.answer(e, r.seen[e.ID])
	if status < 300 {
		r.ids = append(r.ids, e.ID)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "because")
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ids)
}

// times is how often an event has come.
func (r *receiver) times(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[id]
}

func hook(t *testing.T, url string) Target {
	t.Setenv("HOOK", secretText)
	return Target{Name: "hook", To: url, Secret: "env:HOOK"}
}

func TestAWebhookGetsEveryEventInOrder(t *testing.T) {
	d := newDepot(t)
	r, url := d.receiver()
	r.answer = func(e CloudEvent, times int) int { // every third fails twice
		if strings.HasSuffix(e.Sequence, "3") && times < 3 {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	}
	d.record(10)
	stop := d.relays(hook(t, url))
	d.record(10)
	d.eventually("twenty events", func() bool { return len(r.got()) == 20 && d.standing("hook").Position == 20 }) // one whose answer did not come back is sent again
	stop()
	if got := r.got(); !slices.Equal(got, d.ids) || len(r.faults) > 0 {
		t.Errorf("got %q\nwant %q\n%q", got, d.ids, r.faults)
	}
	d.record(1) // while nobody delivers
	if s := d.standing("hook"); s.Position != 20 || s.Lag() != 1 || s.Delivered != 20 || s.Failures != 0 || s.Scope != "全部事件" {
		t.Errorf("%+v", s)
	}
	d.relays(hook(t, url))
	d.eventually("one more", func() bool { return len(r.got()) == 21 })
	if got := r.got(); !slices.Equal(got, d.ids) {
		t.Errorf("went on with %q", got[20:])
	}
	if n := testutil.ToFloat64(d.metrics.failed); n != 4 {
		t.Errorf("%v attempts failed, of two events twice each", n)
	}
}

func TestWhatATargetWillNotHaveIsKeptAndSentAgain(t *testing.T) {
	for kind, address := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "streams"), "postgres": pgtest.URL(t)} {
		t.Run(kind, func(t *testing.T) { keptAndSentAgain(t, newDepotOn(t, address)) })
	}
}

func keptAndSentAgain(t *testing.T, d *depot) {
	t.Helper()
	r, url := d.receiver()
	willing := false
	r.answer = func(e CloudEvent, _ int) int {
		switch {
		case e.Sequence == "2" && !willing:
			return http.StatusUnprocessableEntity
		case e.Sequence == "3" && !willing:
			return http.StatusInternalServerError
		}
		return http.StatusOK
	}
	d.record(4)
	d.relays(hook(t, url))
	d.eventually("the others", func() bool { return len(r.got()) == 2 })
	failed, err := d.deliveries.Failures(t.Context(), "hook", 10)
	must(t, err)
	if len(failed) != 2 || failed[1].Event != d.ids[1] || failed[1].Reason != "422 Unprocessable Entity: because" || failed[0].Position != 3 || failed[0].State != StateFailed {
		t.Fatalf("%+v", failed)
	}
	if refused, failing := r.times(d.ids[1]), r.times(d.ids[2]); refused != 1 || failing != 4 {
		t.Errorf("sent %d and %d times; what is refused is not repeated, what failed is", refused, failing)
	}
	if s := d.standing("hook"); s.Failures != 2 || !s.Running {
		t.Errorf("%+v", s)
	}
	d.eventually("failures do not hold up the mark", func() bool { return d.standing("hook").Lag() == 0 })
	r.mu.Lock()
	willing = true
	r.mu.Unlock()
	must(t, d.deliveries.Again(t.Context(), "p-finance", "hook", 2))
	d.eventually("the one sent again", func() bool { return len(r.got()) == 3 })
	d.eventually("one failure left", func() bool { return d.standing("hook").Failures == 1 })
	if err := d.deliveries.Again(t.Context(), "p-finance", "hook", 2); err == nil {
		t.Error("sent again what was delivered")
	}
	must(t, d.deliveries.From(t.Context(), "p-finance", "hook", 1, 4))
	d.eventually("all of them again", func() bool { return len(r.got()) == 7 })
	if got := r.got()[3:]; !slices.Equal(got, d.ids) {
		t.Errorf("replayed %q", got)
	}
	d.eventually("nothing left", func() bool { return d.standing("hook").Failures == 0 })
	acts, err := d.deliveries.Acts(t.Context(), 10)
	must(t, err)
	if len(acts) != 2 || acts[1].By != "p-finance" || acts[1].Act != "again" || acts[0].Act != "from" || acts[0].Position != 1 {
		t.Errorf("%+v", acts)
	}
	for _, position := range []eventstore.Position{0, 6} {
		if err := d.deliveries.From(t.Context(), "p", "hook", position, 4); err == nil {
			t.Errorf("replayed from %d", position)
		}
	}
	if err := d.deliveries.From(t.Context(), "p", "nobody", 1, 4); err == nil {
		t.Error("replayed to nobody")
	}
}

// closedPort is a port that refuses connections and that nobody else can get,
// until listen opens it.
func closedPort(t *testing.T) (address string, listen func() net.Listener) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(t, err)
	must(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := syscall.Getsockname(fd)
	must(t, err)
	socket := os.NewFile(uintptr(fd), "closed port")
	t.Cleanup(func() { _ = socket.Close() })
	return fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port), func() net.Listener {
		must(t, syscall.Listen(fd, 16))
		l, err := net.FileListener(socket)
		must(t, err)
		return l
	}
}

func TestTheEventsOfATargetThatIsDownWait(t *testing.T) {
	d := newDepot(t)
	address, listen := closedPort(t)
	d.record(3)
	d.relays(hook(t, "http://"+address+"/"))
	d.eventually("it is noticed", func() bool { return !d.standing("hook").DownSince.IsZero() })
	if s := d.standing("hook"); s.Position != 0 || s.Failures != 0 || !s.Running || !strings.Contains(s.Reason, "refused") {
		t.Errorf("%+v", s)
	}
	if n, err := testutil.GatherAndCount(d.registry, "wenxiao_relay_lag", "wenxiao_relay_down_seconds"); n != 2 || err != nil {
		t.Errorf("%d metrics: %v", n, err)
	}
	r := &receiver{seen: map[string]int{}, answer: func(CloudEvent, int) int { return http.StatusOK }}
	s := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	listener := listen()
	go func() { _ = s.Serve(listener) }()
	defer s.Close()
	d.eventually("three events", func() bool { return len(r.got()) == 3 })
	d.eventually("it is back", func() bool { return d.standing("hook").DownSince.IsZero() })
	if got := r.got(); !slices.Equal(got, d.ids) {
		t.Errorf("%q", got)
	}
}

func TestTargetsDoNotWaitForEachOther(t *testing.T) {
	d := newDepot(t)
	r, url := d.receiver()
	d.record(5)
	dead := Target{Name: "dead", To: "nats://127.0.0.1:1/wenxiao.events"}
	some := hook(t, url)
	some.Streams, some.After = []string{"goal-1", "goal-3", "goal-4"}, 2
	d.relays(dead, some)
	d.eventually("two events", func() bool { return len(r.got()) == 2 })
	if got := r.got(); !slices.Equal(got, d.ids[3:]) {
		t.Errorf("%q", got)
	}
	d.eventually("the dead one is seen to be", func() bool { return d.standing("dead").Lag() == 5 && !d.standing("dead").DownSince.IsZero() })
}

// TestTwoRelaysOfOneTarget are as two processes: one delivers, and when it ends
// the other does.
func TestTwoRelaysOfOneTarget(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "streams")
	d, other := newDepotOn(t, address), newDepotOn(t, address)
	other.store = d.store
	r, url := d.receiver()
	d.record(5)
	stop := d.relays(hook(t, url))
	other.relays(hook(t, url))
	d.record(5)
	d.eventually("ten events", func() bool { return len(r.got()) == 10 && d.standing("hook").Position == 10 })
	stop()
	d.record(10)
	d.eventually("twenty events", func() bool { return len(r.got()) == 20 })
	if got := r.got(); !slices.Equal(got, d.ids) {
		t.Errorf("got %q\nwant %q", got, d.ids)
	}
}

// TestAStandbySaysNothing: of two processes only the one that delivers says how
// the target stands, and sends again what was ordered.
func TestAStandbySaysNothing(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "streams")
	d, other := newDepotOn(t, address), newDepotOn(t, address)
	other.store = d.store
	d.record(1)
	dead := Target{Name: "hook", To: "http://127.0.0.1:1/in", Secret: "env:HOOK"}
	t.Setenv("HOOK", secretText)
	d.relays(dead)
	d.eventually("it is seen to be down", func() bool { return !d.standing("hook").DownSince.IsZero() })
	other.relays(dead)
	d.eventually("the standby has come and the other has spoken", func() bool { return !d.standing("hook").DownSince.IsZero() })
	for range 30 { // through several rounds of both
		time.Sleep(50 * time.Millisecond)
		if s := d.standing("hook"); s.DownSince.IsZero() || s.Reason == "" {
			t.Fatalf("the standby says %+v", s)
		}
	}
}

// TestATargetOfAnotherHistoryWaitsForWord: its position is beyond the ledger.
func TestATargetOfAnotherHistoryWaitsForWord(t *testing.T) {
	d := newDepot(t)
	r, url := d.receiver()
	d.record(5)
	stop := d.relays(hook(t, url))
	d.eventually("five events", func() bool { return len(r.got()) == 5 && d.standing("hook").Position == 5 })
	stop()
	d.store, d.ids = memory.New(), nil // put back from a backup
	d.record(6)
	d.relays(hook(t, url))
	d.eventually("it is said", func() bool { return strings.Contains(d.standing("hook").Reason, "备份") })
	if got := r.got(); len(got) != 5 {
		t.Fatalf("went on with %q", got[5:])
	}
	must(t, d.deliveries.From(t.Context(), "p", "hook", 4, 6))
	d.eventually("three more", func() bool { return len(r.got()) == 8 })
	if got := r.got()[5:]; !slices.Equal(got, d.ids[3:]) {
		t.Errorf("%q", got)
	}
	d.eventually("it is well", func() bool { return d.standing("hook").DownSince.IsZero() })
}
