namespace NanoAttention.Tutorials;

/// <summary>One file of a data set: where its bytes come from, and what they are.</summary>
/// <param name="Name">The file's name in the cache folder.</param>
/// <param name="Address">An address whose content does not change.</param>
/// <param name="Bytes">The number of bytes at the address.</param>
/// <param name="Sha256">Their SHA-256, hexadecimal.</param>
/// <param name="Entry">Where the address holds a zip archive: the entry that is the file.</param>
public sealed record DataFile(string Name, Uri Address, long Bytes, string Sha256, ArchiveEntry? Entry = null);

/// <summary>A file inside a zip archive, with the SHA-256 of its content.</summary>
public sealed record ArchiveEntry(string Path, string Sha256);

/// <summary>A public data set that <c>data get</c> downloads.</summary>
public sealed record DataSet(string Name, string About, string Licence, IReadOnlyList<DataFile> Files);

/// <summary>The data sets known by name; each address is pinned to a commit.</summary>
public static class DataSets
{
    const string MnistFolder = "https://raw.githubusercontent.com/fgnt/mnist/ae608a02b796c9ee908c082585a5f006fe05258e/";

    public static IReadOnlyList<DataSet> All { get; } =
    [
        new("mnist", "70,000 handwritten digits of 28 × 28 pixels", "LeCun, Cortes, Burges; commonly cited as CC BY-SA 3.0",
        [
            Mnist("train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            Mnist("train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            Mnist("t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            Mnist("t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ]),
        new("tinyshakespeare", "1,115,394 characters of Shakespeare's plays", "public domain",
        [
            new("input.txt", new("https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt"),
                1115394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"),
        ]),
        new("eng-fra", "142,787 English–French sentence pairs of Tatoeba, by way of manythings.org",
            "CC BY 2.0 FR, tatoeba.org and manythings.org/anki",
        [
            new("eng-fra.txt", new("https://raw.githubusercontent.com/genimind/seq2seq/4f3f8eb0adde54fcc8b89394336b002e7961244c/fra-eng.zip"),
                2951390, "16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04",
                new("fra.txt", "2546838ae46e0eac4c02ab7032ea0a02a006074a5340077a36a9444f41e02888")),
        ]),
    ];

    /// <summary>The data set of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static DataSet Find(string name) => All.FirstOrDefault(set => set.Name == name)
        ?? throw new ArgumentException($"no data set is named '{name}'; there are {string.Join(", ", All.Select(set => set.Name))}");

    static DataFile Mnist(string name, long bytes, string sha256) => new(name, new(MnistFolder + name), bytes, sha256);
}
