package esdbgate

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"wenxiao/eventstore"
)

// A fault is an error as clients of the protocol tell them apart: by the trailer
// "exception" and what goes with it.
type fault struct {
	code      codes.Code
	exception string
	message   string
	with      []string // further trailers, key and value in turn
}

func (f *fault) Error() string { return f.message }

// GRPCStatus makes a fault a status.
func (f *fault) GRPCStatus() *status.Status { return status.New(f.code, f.message) }

func (f *fault) trailer() metadata.MD {
	return metadata.Join(metadata.Pairs("exception", f.exception), metadata.Pairs(f.with...))
}

func deletedError(stream string) error {
	return &fault{codes.FailedPrecondition, "stream-deleted", fmt.Sprintf("stream %s is deleted for good", stream), []string{"stream-name", stream}}
}

func isDeleted(err error) bool {
	f := new(fault)
	return errors.As(err, &f) && f.exception == "stream-deleted"
}

func wrongVersion(stream string, expected expectation, last int64) error {
	return &fault{
		codes.FailedPrecondition, "wrong-expected-version",
		fmt.Sprintf("stream %s is at revision %d, expected was %s", stream, last, expected),
		[]string{"stream-name", stream, "expected-version", strconv.FormatInt(int64(expected), 10), "actual-version", strconv.FormatInt(last, 10)},
	}
}

func accessDenied(what string) error {
	return &fault{codes.PermissionDenied, "access-denied", what, nil}
}

func tooLarge(most int, err error) error {
	return &fault{codes.InvalidArgument, "maximum-append-size-exceeded", err.Error(), []string{"maximum-append-size", strconv.Itoa(most)}}
}

func groupFault(code codes.Code, exception, stream, group string) error {
	return &fault{code, exception, fmt.Sprintf("persistent subscription %s on %s: %s", group, stream, exception),
		[]string{"stream-name", stream, "group-name", group}}
}

func malformed(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// told makes of an error what may leave the process: details of the database do
// not.
func (g *Gate) told(ctx context.Context, err error) error {
	f, c := new(fault), new(conflict)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.As(err, &c):
		return wrongVersion(c.stream, c.expected, c.last)
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err()
	case errors.Is(err, eventstore.ErrTooLarge):
		return tooLarge(eventstore.MaxData, err)
	case errors.Is(err, eventstore.ErrMalformed):
		return malformed("%v", err)
	case errors.Is(err, eventstore.ErrConflict):
		return status.Error(codes.Aborted, "another process keeps writing to the stream")
	case errors.Is(err, eventstore.ErrClosed):
		return status.Error(codes.Unavailable, "the store is closed")
	case errors.Is(err, eventstore.ErrFenced):
		return status.Error(codes.Unavailable, "another process writes this store now")
	case errors.Is(err, eventstore.ErrOutcomeUnknown):
		return status.Error(codes.Unavailable, "the append may or may not have been written; repeating it with the same ids finds out")
	}
	if s, ok := status.FromError(err); ok {
		return s.Err()
	}
	g.log.Error("esdb gate", "err", err)
	return status.Error(codes.Internal, "the request failed; the server's log says why")
}

func (g *Gate) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, err := g.admit(ctx, info.FullMethod)
	var answer any
	if err == nil {
		answer, err = next(ctx, req)
	}
	if err = g.told(ctx, err); err != nil {
		if f := new(fault); errors.As(err, &f) {
			_ = grpc.SetTrailer(ctx, f.trailer())
		}
		return nil, err
	}
	return answer, nil
}

func (g *Gate) stream(srv any, out grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, err := g.admit(out.Context(), info.FullMethod)
	if err == nil {
		err = g.last(srv, &stream{out, ctx}, next)
	}
	err = g.told(out.Context(), err)
	if f := new(fault); errors.As(err, &f) {
		out.SetTrailer(f.trailer())
	}
	return err
}

// last carries out a call for as long as its caller may be served.
func (g *Gate) last(srv any, call *stream, next grpc.StreamHandler) error {
	if g.options.Authenticate == nil {
		return next(srv, call)
	}
	ctx, end := context.WithCancelCause(call.ctx)
	defer end(nil)
	go g.remain(ctx, end)
	err := next(srv, &stream{call.ServerStream, ctx})
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return err
}

// A stream knows who calls.
type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stream) Context() context.Context { return s.ctx }
