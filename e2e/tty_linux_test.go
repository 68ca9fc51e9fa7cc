package e2e

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// tty [-interrupt] [-stderr] [-type=FILE] COLUMNS STATUS COMMAND... runs a command on a
// pseudo-terminal, which with -stderr is its stderr alone, and checks how it exits. COLUMNS
// such as 80,40,20 are a window that is resized while the command draws. With -interrupt
// somebody presses Ctrl-C then. FILE has lines such as "Token: => abc": once the terminal
// has shown what is on the left, somebody types what is on the right and Enter, or presses
// ^C. Afterwards there are the files raw (what the terminal has shown), screen (what is seen
// at the end), frames (each state of the line), and stdout with -stderr.
func tty(ts *testscript.TestScript, args []string) {
	ctrlC, onlyStderr := false, false
	var typist []string
	for strings.HasPrefix(args[0], "-") {
		ctrlC, onlyStderr = ctrlC || args[0] == "-interrupt", onlyStderr || args[0] == "-stderr"
		if file, ok := strings.CutPrefix(args[0], "-type="); ok {
			typist = strings.Split(strings.TrimSpace(ts.ReadFile(file)), "\n")
		}
		args = args[1:]
	}
	var widths []int
	for column := range strings.SplitSeq(args[0], ",") {
		width, err := strconv.Atoi(column)
		ts.Check(err)
		widths = append(widths, width)
	}
	primary, secondary := openPTY(ts)
	resize(ts, primary, widths[0])

	path, err := exec.LookPath(args[2])
	ts.Check(err)
	ts.Check(ts.Exec("env"))
	cmd := exec.Command(path, args[3:]...)
	cmd.Env = strings.Split(strings.TrimSuffix(ts.ReadFile("stdout"), "\n"), "\n")
	cmd.Dir = ts.Getenv("WORK")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = secondary, secondary, secondary
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	var stdout strings.Builder
	if onlyStderr {
		cmd.Stdout = &stdout
	}
	ts.Check(cmd.Start())
	secondary.Close()
	defer time.AfterFunc(5*time.Minute, func() { _ = cmd.Process.Kill() }).Stop() // it asks what nobody answers

	shown, raw := watchTerminal(ts, primary, widths, ctrlC, typist)
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		ts.Fatalf("%v", exit)
	}
	write := func(name, text string) {
		ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), name), []byte(text), 0o600))
	}
	write("raw", raw)
	write("screen", shown.text())
	write("frames", strings.Join(slices.Compact(shown.frames), "\n")+"\n")
	write("stdout", stdout.String())
	state, err := unix.IoctlGetTermios(int(primary.Fd()), unix.TCGETS)
	ts.Check(err)
	if state.Lflag&unix.ECHO == 0 {
		ts.Fatalf("the terminal does not show what is typed any more")
	}
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != args[1] || shown.unknown != "" {
		ts.Fatalf("exit status %s, want %s; unknown sequence: %q; screen:\n%s", got, args[1], shown.unknown, shown.text())
	}
}

// framesEach is how many frames are drawn at each width, and before Ctrl-C.
const framesEach = 4

// watchTerminal reads what a command writes until it ends. Each frame is one write, and
// begins with a carriage return.
func watchTerminal(ts *testscript.TestScript, primary *os.File, widths []int, ctrlC bool, typist []string) (shown *screen, raw string) {
	shown = newScreen(widths[0])
	buffer := make([]byte, 1<<16)
	drawn, turn, seen := 0, 1, 0
	for {
		n, err := primary.Read(buffer)
		raw += string(buffer[:n])
		shown.write(strings.ReplaceAll(string(buffer[:n]), "\r\n", "\n"))
		if errors.Is(err, syscall.EIO) || errors.Is(err, io.EOF) { // the command has closed its end
			return shown, raw
		}
		ts.Check(err)
		for len(typist) > 0 {
			question, answer, _ := strings.Cut(typist[0], "=>")
			question, answer = strings.TrimSpace(question), strings.TrimSpace(answer)
			at := strings.Index(raw[seen:], question)
			if at < 0 {
				break
			}
			seen, typist = seen+at+len(question), typist[1:]
			answer = strings.NewReplacer(`\n`, "\n", "^C\n", "\x03", "^D\n", "\x04", "^\\\n", "\x1c").Replace(answer + "\n")
			if strings.HasPrefix(question, "Token") {
				waitForNoEcho(ts, primary)
			}
			_, err := primary.WriteString(answer)
			ts.Check(err)
		}
		drawn += strings.Count(string(buffer[:n]), "\x1b[?7l")
		if drawn < framesEach*turn {
			continue
		}
		if turn < len(widths) {
			resize(ts, primary, widths[turn])
			shown.width = widths[turn]
		} else if turn == len(widths) && ctrlC {
			_, err := primary.WriteString("\x03")
			ts.Check(err)
		}
		turn++
	}
}

// waitForNoEcho waits until the terminal does not show what is typed: the command asks
// first, and switches that off then.
func waitForNoEcho(ts *testscript.TestScript, primary *os.File) {
	for range 1000 {
		state, err := unix.IoctlGetTermios(int(primary.Fd()), unix.TCGETS)
		ts.Check(err)
		if state.Lflag&unix.ECHO == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("the terminal shows what is typed")
}

func openPTY(ts *testscript.TestScript) (primary, secondary *os.File) {
	primary, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	ts.Check(err)
	ts.Defer(func() { primary.Close() })
	ts.Check(unix.IoctlSetPointerInt(int(primary.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(primary.Fd()), unix.TIOCGPTN)
	ts.Check(err)
	secondary, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	ts.Check(err)
	return primary, secondary
}

func resize(ts *testscript.TestScript, primary *os.File, width int) {
	ts.Check(unix.IoctlSetWinsize(int(primary.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(width)}))
}
