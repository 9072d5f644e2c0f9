package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wenxiao/eventstore"
)

// Latest returns the latest checkpoint, false when there is none.
func (s *Sealer) Latest() (Checkpoint, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest, s.latest.Size > 0
}

// Status says how sealing goes.
func (s *Sealer) Status() Status {
	status := s.Sealed()
	head, err := s.store.Head(context.Background())
	if status.Head = head; err != nil {
		status.Fault = inWords(err)
	}
	return status
}

// Sealed is the Status but for Head, which the store would have to be asked for.
func (s *Sealer) Sealed() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var refused []string
	for _, w := range s.told {
		if w.Refused {
			refused = append(refused, w.Name)
		}
	}
	return Status{
		Origin: s.signer.Origin(), Checkpoint: s.latest.Size, SignedAt: s.signed,
		Witnesses: append([]WitnessStatus{}, s.told...), Quorum: s.quorum, Refused: refused, Fault: inWords(s.fault),
	}
}

// WaitFor returns a checkpoint that covers position, once there is one. Where no
// record is, or where sealing has stopped, it is [ErrNotCovered].
func (s *Sealer) WaitFor(ctx context.Context, position eventstore.Position) (Checkpoint, error) {
	if head, err := s.store.Head(ctx); err != nil || position == 0 || position > head {
		return Checkpoint{}, errors.Join(err, fmt.Errorf("%w：第 %d 件，共 %d 件", ErrNotCovered, position, head))
	}
	for {
		s.mu.Lock()
		c, fault, changed := s.latest, s.fault, s.changed
		s.mu.Unlock()
		switch {
		case c.Size >= position:
			return c, nil
		case fault != nil:
			return Checkpoint{}, fmt.Errorf("%w：%w", ErrNotCovered, fault)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Checkpoint{}, ctx.Err()
		}
	}
}

// Receipt returns the receipt of the record at position, as text, once a
// checkpoint covers it. A record that is not what was sealed has none:
// [ErrInconsistent].
func (s *Sealer) Receipt(ctx context.Context, position eventstore.Position) ([]byte, error) {
	c, err := s.WaitFor(ctx, position)
	if err != nil {
		return nil, err
	}
	r, err := Issue(ctx, s.store, s.tiles, c, position)
	if err != nil {
		return nil, err
	}
	return r.Text(), nil
}

// accept makes c the latest checkpoint and tells of what changed.
func (s *Sealer) accept(c Checkpoint, quorum bool) {
	told := testimony(s.witnesses)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest.Head != c.Head {
		s.signed = time.Now()
	}
	if s.fault != nil {
		s.log.Info("封存恢复 (sealing goes on)", "size", c.Size)
	}
	s.tell(told, quorum)
	s.latest, s.quorum, s.told, s.fault = c, quorum, told, nil
	s.wake()
}

// fail notes why nothing was signed.
func (s *Sealer) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == nil || inWords(s.fault) != inWords(err) {
		s.log.Error("封存停止 (nothing is sealed): "+inWords(err), "error", err)
	}
	s.fault = err
	s.wake()
}

func (s *Sealer) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// tell logs what changed about witnesses and quorum, and only that. Only a round
// may: it reads why they did not cosign.
func (s *Sealer) tell(told []WitnessStatus, quorum bool) {
	for i, w := range told {
		switch cause := s.witnesses[i].cause; {
		case w.Fault == "" || w.Fault == s.told[i].Fault:
		case w.Refused:
			s.log.Error("见证方拒绝签名：它见过的账本与此不同 (witness refuses: it has seen another history)", "witness", w.Name, "fault", w.Fault, "error", cause)
		default:
			s.log.Warn("见证方没有签名 (witness did not cosign)", "witness", w.Name, "fault", w.Fault, "error", cause)
		}
	}
	switch {
	case !s.short && !quorum:
		s.log.Warn("见证方不足，照常受理 (witness quorum missing; filing goes on)")
	case s.short && quorum:
		s.log.Info("见证方已足 (witness quorum reached)")
	}
	s.short = !quorum
}

// inWords says a fault in Chinese.
func inWords(err error) string {
	var tile *TileError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrInconsistent):
		return "账本不含上次签过的内容：历史被改，或放回了较早的副本。已停止签名；核对备份，确属丢失再用 wenxiao seal renew 另立日志"
	case errors.Is(err, eventstore.ErrDamaged):
		return "账本记录与账本自己的哈希树不符，已停止签名；运行 wenxiao verify 查明位置"
	case errors.As(err, &tile):
		return fmt.Sprintf("公开日志的文件 %s 缺失或被改，已停止签名；运行 wenxiao seal rebuild 由账本重做", tile.Path)
	}
	return "封存没有完成：" + err.Error()
}
