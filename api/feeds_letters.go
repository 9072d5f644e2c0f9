package api

import (
	"context"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"wenxiao/api/feeds"
	"wenxiao/domain"
	"wenxiao/projections"
)

type lettersOf struct {
	State string `query:"state" enum:"open,entered,dismissed" default:"open" doc:"不写即待处理的"`
}

func (s *Server) askLetters(ctx context.Context, in *lettersOf) (list projections.List[feeds.Letter], err error) {
	list.Rows = []feeds.Letter{}
	if err := seesExchanges(ctx); err != nil || s.Inbox == nil {
		return list, err
	}
	list.Rows, list.Total, err = s.Inbox.Letters.List(ctx, in.State, 200)
	return list, err
}

type letterOf struct {
	Letter string `path:"letter" doc:"编号"`
}

type letterRetry struct {
	Letter string `path:"letter" doc:"编号"`
	Body   struct {
		Body string `json:"body" doc:"原文，或更正后的内容"`
	}
}

type letterDismissal struct {
	Letter string `path:"letter" doc:"编号"`
	Body   struct {
		Reason string `json:"reason" doc:"不办的理由"`
	}
}

func (s *Server) askLetter(ctx context.Context, in *letterOf) (feeds.Letter, error) {
	if err := seesExchanges(ctx); err != nil {
		return feeds.Letter{}, err
	}
	if s.Inbox == nil {
		return feeds.Letter{}, projections.ErrNotFound
	}
	return s.Inbox.Letters.One(ctx, in.Letter)
}

// retryLetter carries a refused message out again, corrected or as it came.
func (s *Server) retryLetter(ctx context.Context, who Who, id, body string) error {
	if err := s.mayHandle(who, "feed.retry"); err != nil {
		return err
	}
	err := s.Inbox.Retry(ctx, id, feeds.Person{ID: who.Person, Name: who.Name}, []byte(body))
	s.Log.InfoContext(ctx, "feed.retry", "request", requestID(ctx), "username", who.Username, "letter", id, "err", err)
	if no := (feeds.Refused{}); errors.As(err, &no) {
		return domain.Refusal{Code: no.Code, Reason: no.Reason, Field: no.Field, Basis: no.Basis}
	}
	return err
}

// dismissLetter closes a refused message for a reason.
func (s *Server) dismissLetter(ctx context.Context, who Who, id, reason string) error {
	if err := s.mayHandle(who, "feed.dismiss"); err != nil {
		return err
	}
	if _, err := s.Inbox.Letters.One(ctx, id); err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "feed.dismiss", "request", requestID(ctx), "username", who.Username, "letter", id)
	return s.Inbox.Letters.Dismiss(ctx, id, feeds.Person{ID: who.Person, Name: who.Name}, reason)
}

func (s *Server) mayHandle(who Who, name string) error {
	if err := operates(who.Account, name); err != nil {
		return err
	}
	if s.Inbox == nil {
		return projections.ErrNotFound
	}
	return nil
}

func (s *Server) letterOperations(a huma.API) {
	query(s, a, "dead-letters", "feed.letters", "未能入账的外来数据", s.askLetters)
	query(s, a, "dead-letters/{letter}", "feed.letter", "一件未能入账的外来数据：原文、理由和处理经过", s.askLetter)
	operationOn(s, a, "dead-letters/{letter}/retry", "feed.retry", func(ctx context.Context, who Who, in *letterRetry) error {
		return s.retryLetter(ctx, who, in.Letter, in.Body.Body)
	})
	operationOn(s, a, "dead-letters/{letter}/dismiss", "feed.dismiss", func(ctx context.Context, who Who, in *letterDismissal) error {
		return s.dismissLetter(ctx, who, in.Letter, in.Body.Reason)
	})
}
