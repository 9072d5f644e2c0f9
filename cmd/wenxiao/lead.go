package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"wenxiao/domain"
	"wenxiao/eventstore"
	"wenxiao/eventstore/postgres"
)

const (
	// untilKeys is how long a process that comes up waits for the keys, which the
	// one that led before may be about to give back.
	untilKeys = 15 * time.Second

	// lastRound is how long signing what was filed last may take.
	lastRound = 2 * time.Second
)

// lead does what only one process does at a time, for as long as this one leads:
// always, where no other can. begun is told once, when the first term has begun;
// a process that cannot begin it, because the keys are gone or the tables are not
// this ledger's, ends. Later terms go on as well as they can: filing does not
// depend on them.
func (s *site) lead(ctx context.Context, begun func()) error {
	return eventstore.Lead(ctx, s.records, func(ctx context.Context) error {
		if s.shared != nil {
			s.server.Log.Info("this process leads")
			defer s.server.Log.Info("this process leads no more")
		}
		if !s.serving.Load() {
			if err := s.begin(ctx); err != nil {
				return err
			}
			begun()
		}
		return s.work(ctx)
	})
}

// begin is what comes before anybody is answered: the tables hold what the ledger
// holds, no key is left of who is forgotten, and the ledger names its log.
func (s *site) begin(ctx context.Context) error {
	if err := catchUp(ctx, s.runner, s.store); err != nil {
		return err
	}
	if _, err := forget(ctx, s.keys, s.filled); err != nil {
		return err
	}
	if s.shared == nil {
		return s.sealer.begin(ctx, s.store)
	}
	return s.awaitKeys(ctx)
}

// awaitKeys takes the keys, and waits for them where another process has them.
func (s *site) awaitKeys(ctx context.Context) error {
	for end := time.Now().Add(untilKeys); ; {
		err := s.takeKeys(ctx)
		no := domain.Refusal{}
		if !errors.As(err, &no) || no.Code != "seal.in-use" || time.Now().After(end) {
			return err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// takeKeys opens the keys; from then on this process signs.
func (s *site) takeKeys(ctx context.Context) error {
	signs, err := s.place.openSealer(ctx, s.store, "", s.server.Log)
	if err != nil {
		return err
	}
	if err := signs.begin(ctx, s.store); err != nil {
		return errors.Join(err, signs.Close())
	}
	s.sealer = signs
	s.proof.fault.Store(nil)
	s.proof.signing.Store(signs)
	return nil
}

// giveKeys lets another process sign.
func (s *site) giveKeys() error {
	if s.shared == nil {
		return nil // they are kept until the end
	}
	signs := s.sealer
	s.sealer = nil
	s.proof.signing.Store(nil)
	return signs.Close()
}

// work fills the tables, signs, sweeps, sends and receives until ctx ends. What
// ends sooner is in the log, and in the error.
func (s *site) work(ctx context.Context) error {
	tasks := append([]func(context.Context) error{s.sign, s.server.SweepFiles}, s.beside...)
	switch {
	case s.shared == nil:
		tasks = append(tasks, s.runner.Run)
	case !s.apart:
		tasks = append(tasks, s.runner.Run, s.forgetAgain)
	}
	var all sync.WaitGroup
	failed := make([]error, len(tasks))
	for i, task := range tasks {
		all.Go(func() {
			if err := task(ctx); !errors.Is(err, context.Canceled) {
				failed[i] = err
			}
			if failed[i] != nil {
				s.server.Log.Error("stopped", "err", failed[i])
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// sign signs and publishes until ctx ends, and then what was filed last. Keys that
// cannot be had are asked for again and again: the process that led before may
// still have them, and whoever keeps the system may be putting them back.
func (s *site) sign(ctx context.Context) error {
	defer func() {
		if s.proof != nil {
			s.proof.fault.Store(nil) // it is no longer for this process to sign
		}
	}()
	for s.sealer == nil {
		err := s.takeKeys(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.unsigned(err)
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	err := s.sealer.Run(ctx)
	last, done := context.WithTimeout(context.WithoutCancel(ctx), lastRound)
	defer done()
	_, _ = s.sealer.Seal(last) // what keeps it from being is in the log
	return errors.Join(err, s.giveKeys())
}

// unsigned says, once, why this process cannot sign.
func (s *site) unsigned(err error) {
	why := err.Error()
	if no := (domain.Refusal{}); errors.As(err, &no) {
		why = no.Reason
	}
	if before := s.proof.fault.Swap(&why); before == nil || *before != why {
		s.server.Log.Error("封存停止 (nothing is sealed): "+why, "error", err)
	}
}

// forgetAgain destroys, when the tables are filled, the keys that whoever led
// before had no time to destroy.
func (s *site) forgetAgain(ctx context.Context) error {
	head, err := s.store.Head(ctx)
	if err == nil {
		err = s.runner.WaitFor(ctx, head)
	}
	if err == nil {
		_, err = forget(ctx, s.keys, s.filled)
	}
	return err
}

// followed returns when another process leads and the tables it fills are those
// of this ledger, filled as far as it went when this began. That acts cannot be
// handed to that process is in the log, and in every answer about it.
func (s *site) followed(ctx context.Context) error {
	for {
		now, err := s.shared.Leader(ctx)
		if err != nil {
			return err
		}
		if now.Epoch != 0 && !now.Here {
			break
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	head, err := s.store.Head(ctx)
	if err != nil {
		return err
	}
	if err := s.runner.WaitFor(ctx, head); err != nil {
		return err
	}
	if err := fit(ctx, s.runner, s.store); err != nil {
		return err
	}
	if err := s.sameHome(ctx); err != nil {
		return err
	}
	err = reach(ctx, s.records)
	if away := new(eventstore.Unreachable); errors.As(err, &away) {
		s.server.Log.Error(away.Error())
		return nil
	}
	return err
}

// reach asks whether appends can be handed to whoever leads: see
// [postgres.Store.Reach].
func reach(ctx context.Context, store eventstore.Store) error {
	if s, ok := store.(*postgres.Store); ok {
		return s.Reach(ctx)
	}
	return nil
}

// rightHome refuses, before anything is made there, a directory that lacks the
// keys of the ledger's log.
func (s *site) rightHome(ctx context.Context) error {
	if s.shared != nil {
		if now, err := s.shared.Leader(ctx); err != nil || now.Epoch != 0 && !now.Here {
			return errors.Join(err, s.sameHome(ctx))
		}
	}
	said, err := sealingSaid(ctx, s.store)
	if err != nil {
		return err
	}
	return s.place.keysThere(said)
}

// sameHome refuses to follow from another directory than the one where whoever
// leads keeps log, files and keys.
func (s *site) sameHome(ctx context.Context) error {
	said, err := sealingSaid(ctx, s.store)
	if err != nil || said.Key == "" {
		return err
	}
	policy, err := s.place.policy()
	if err == nil && slices.Contains(policy.Logs(), said.Key) {
		return nil
	}
	return domain.Refusal{
		Code: "serve.other-home", Field: "--home",
		Reason: fmt.Sprintf("%s 里没有这本账的签署密钥：共用一个账本的进程须用同一个 --home，公开日志、附件和密钥都在那里", s.place.home),
	}
}

// pause waits for a while.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
