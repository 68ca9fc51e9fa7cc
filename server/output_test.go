package server

import (
	"context"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// servePipes serves stdio over pipes of the operating system. ended receives once the
// server has returned.
func servePipes(t *testing.T, s *Server) (in, out *os.File, ended <-chan error) {
	t.Helper()
	inReader, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, outWriter, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- s.ServeStdio(context.WithoutCancel(t.Context()), inReader, outWriter) }()
	t.Cleanup(func() {
		for _, file := range []*os.File{in, inReader, out, outWriter} {
			_ = file.Close()
		}
	})
	return in, out, result
}

func within(t *testing.T, what string, happens <-chan bool) {
	t.Helper()
	select {
	case <-happens:
	case <-time.After(20 * time.Second):
		t.Fatal(what + ": not within 20 s")
	}
}

func endsWithin(t *testing.T, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the server goes on")
	}
}

// TestStdioNobodyReads: after the end of input, calls end when nobody is left to read
// their answers, before anything is written.
func TestStdioNobodyReads(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("only a write tells here")
	}
	for name, leave := range map[string]func(in, out *os.File){
		"output first": func(in, out *os.File) { _ = out.Close(); _ = in.Close() },
		"input first":  func(in, out *os.File) { _ = in.Close(); _ = out.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			started, canceled := make(chan bool, 1), make(chan bool, 1)
			s, _ := newServerOf(fakeTool("slow", untilCanceled(started, canceled)))
			in, out, ended := servePipes(t, s)
			_, _ = io.WriteString(in, callOf("1", "slow")+"\n")
			within(t, "start", started)
			leave(in, out)
			within(t, "cancellation", canceled)
			endsWithin(t, ended)
		})
	}
}

// TestStdioSomebodyReads: the end of input alone ends no call.
func TestStdioSomebodyReads(t *testing.T) {
	s, _ := newServerOf(fakeTool("slow", slow(outputInterval+500*time.Millisecond)))
	in, out, ended := servePipes(t, s)
	_, _ = io.WriteString(in, callOf("1", "slow")+"\n")
	_ = in.Close()
	endsWithin(t, ended)
	answer := make([]byte, 1000)
	if n, err := out.Read(answer); err != nil || !strings.Contains(string(answer[:n]), "done") {
		t.Errorf("error %v, answer %s", err, answer)
	}
}

// TestStdioWriteError: an answer that cannot be written ends all calls, though the input
// goes on.
func TestStdioWriteError(t *testing.T) {
	started, canceled := make(chan bool, 1), make(chan bool, 1)
	s, _ := newServerOf(fakeTool("slow", untilCanceled(started, canceled)))
	in, out, ended := servePipes(t, s)
	_, _ = io.WriteString(in, callOf("1", "slow")+"\n")
	within(t, "start", started)
	_ = out.Close()
	_, _ = io.WriteString(in, pingMessage+"\n")
	within(t, "cancellation", canceled)
	endsWithin(t, ended)
}
