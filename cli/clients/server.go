package clients

// Server is this program as an entry describes it.
type Server struct {
	Command   string   // the absolute path of this program
	Args      []string // flags for this program, each with its value in it
	Variables []Pair   // for its environment: no secrets, but files with secrets and such
	Forward   []string // variables with secrets, of which an entry has references alone
	URL       string   // of a server over HTTP, which is then all there is but for Bearer
	Bearer    string   // the variable with the bearer token for URL, to be referred to; "" for none
}

// Pair is a name with its value.
type Pair struct{ Name, Value string }

// object is an object of a configuration file. A value is a text, a list of texts, a
// number, a truth value or an object.
type object []member

type member struct {
	key   string
	value any
}

// with is the object with one more member, unless its value is empty.
func (o object) with(key string, value any) object {
	switch v := value.(type) {
	case object:
		if len(v) == 0 {
			return o
		}
	case []string:
		if len(v) == 0 {
			return o
		}
	case string:
		if v == "" {
			return o
		}
	}
	return append(o, member{key, value})
}

// env are the variables of an entry, those with secrets by reference.
func (s Server) env(reference func(string) string) object {
	var env object
	for _, pair := range s.Variables {
		env = append(env, member{pair.Name, pair.Value})
	}
	if reference != nil {
		for _, name := range s.Forward {
			env = append(env, member{name, reference(name)})
		}
	}
	return env
}

// headers are those of requests, the bearer token by reference.
func (s Server) headers(reference func(string) string) object {
	if s.Bearer == "" || reference == nil {
		return nil
	}
	return object{{"Authorization", "Bearer " + reference(s.Bearer)}}
}

// Ways to refer to a variable.

func shellReference(name string) string { return "${" + name + ":-}" }
func envReference(name string) string   { return "${env:" + name + "}" }
func bareReference(name string) string  { return "${" + name + "}" }
