package clients

// Block is our entry as a file that has nothing else.
func (c Client) Block(s Server) string {
	return c.format.block(nest([]string{c.key, EntryName}, c.wanted(s)).(object))
}

// wanted is our entry.
func (c Client) wanted(s Server) object {
	if s.URL != "" {
		return c.remote(s)
	}
	return c.local(s)
}
