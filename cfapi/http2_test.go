package cfapi_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"access-policy-mcp/cfapi"
	"access-policy-mcp/cfapi/simulator"
)

// Frames of HTTP/2 (RFC 9113, section 6) and error codes (section 7).
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	framePing     = 0x6
	frameGoAway   = 0x7

	flagAck        = 0x1
	flagEndStream  = 0x1
	flagEndHeaders = 0x4

	protocolError = 0x1
	internalError = 0x2
	refusedStream = 0x7
	enhanceCalm   = 0xb
)

// frame is one of HTTP/2.
type frame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

func readFrame(r io.Reader) (frame, error) {
	header := make([]byte, 9)
	if _, err := io.ReadFull(r, header); err != nil {
		return frame{}, err
	}
	f := frame{kind: header[3], flags: header[4], stream: binary.BigEndian.Uint32(header[5:])}
	f.payload = make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
	_, err := io.ReadFull(r, f.payload)
	return f, err
}

func (f frame) write(w io.Writer) {
	header := binary.BigEndian.AppendUint32([]byte{byte(len(f.payload) >> 16), byte(len(f.payload) >> 8), byte(len(f.payload)), f.kind, f.flags}, f.stream)
	_, _ = w.Write(append(header, f.payload...))
}

func reset(stream, code uint32) frame {
	return frame{kind: frameReset, stream: stream, payload: binary.BigEndian.AppendUint32(nil, code)}
}

func goAway(lastStream, code uint32) frame {
	return frame{kind: frameGoAway, payload: binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, lastStream), code)}
}

// succeed answers with status 200, the eighth entry of the static table of RFC 7541, and
// a body.
func succeed(w io.Writer, stream uint32) {
	frame{kind: frameHeaders, flags: flagEndHeaders, stream: stream, payload: []byte{0x88}}.write(w)
	frame{kind: frameData, flags: flagEndStream, stream: stream, payload: []byte(simulatedBody)}.write(w)
}

// rawHTTP2 is a server that counts requests, and does with each what answer does. After
// answer has returned false it reads on, but writes nothing any more.
type rawHTTP2 struct {
	*simulator.Listener
	requests, connections atomic.Int32
	closed                atomic.Int32 // connections
	answer                func(conn net.Conn, connection int32, stream uint32) (alive bool)
}

func (s *rawHTTP2) serve(t *testing.T) {
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := s.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serveConn(conn, s.connections.Add(1)) })
		}
	})
	t.Cleanup(func() {
		_ = s.Close()
		wg.Wait()
	})
}

func (s *rawHTTP2) serveConn(conn net.Conn, n int32) {
	defer s.closed.Add(1)
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	out := make(chan frame, 100) // the pipe has no buffer: reading must not wait for writing
	defer close(out)
	go func() {
		for f := range out {
			f.write(conn)
		}
	}()
	out <- frame{kind: frameSettings}
	alive := true
	for {
		f, err := readFrame(conn)
		switch {
		case err != nil:
			return
		case f.kind == frameHeaders:
			s.requests.Add(1)
			if alive {
				alive = s.answer(conn, n, f.stream)
			}
		case !alive:
		case f.kind == frameSettings && f.flags&flagAck == 0:
			out <- frame{kind: frameSettings, flags: flagAck}
		case f.kind == framePing && f.flags&flagAck == 0:
			out <- frame{kind: framePing, flags: flagAck, payload: f.payload}
		}
	}
}

// clientOf returns a client with the default settings but for how it connects: without
// TLS, over HTTP/2 or HTTP/1.1.
func clientOf(t *testing.T, listener *simulator.Listener, http2 bool) (*cfapi.Client, *limiter) {
	t.Helper()
	dialer := cfapi.NewDialer()
	dialer.Proxy, dialer.DialContext = nil, listener.DialContext
	dialer.Protocols = &http.Protocols{}
	dialer.Protocols.SetUnencryptedHTTP2(http2)
	dialer.Protocols.SetHTTP1(!http2)
	transport, l := cfapi.NewTransport(dialer), &limiter{grants: 1 << 30}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := cfapi.New(cfapi.Config{BaseURL: simulator.BaseURL, Credentials: everySecret, Transport: transport, Limiter: l})
	if err != nil {
		t.Fatal(err)
	}
	return client, l
}
