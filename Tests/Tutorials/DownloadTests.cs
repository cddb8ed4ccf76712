using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

public class DownloadTests : IDisposable
{
    private readonly byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)CounterHash.Bits(1, 2, (ulong)i))];
    private readonly LocalServer server = new();
    private readonly TemporaryFolder folder = new();
    private readonly HttpClient client = new();

    private string Final => Path.Combine(folder.Path, "set", "file.bin");

    private string Part => Final + ".part";

    [Fact]
    public async Task AFileArrivesWithProgressAndIsNotFetchedAgain()
    {
        server.Answer = request => new(content);
        List<long> progress = [];
        Assert.Equal(Path.GetDirectoryName(Final), await Get(Set(), p => progress.Add(p.Received)));
        Assert.Equal(content, File.ReadAllBytes(Final));
        Assert.False(File.Exists(Part));
        Assert.Equal(content.Length, progress[^1]);
        Assert.Equal(progress.Order(), progress);
        await Get(Set());
        Assert.Single(server.Ranges);
    }

    [Fact]
    public async Task ABrokenDownloadIsResumedByRange()
    {
        server.Answer = request => new(content, BreakAfter: 100_000);
        IOException e = await Assert.ThrowsAnyAsync<IOException>(() => Get(Set()));
        Assert.Contains("of 300000 bytes", e.Message);
        long have = new FileInfo(Part).Length;
        Assert.InRange(have, 1, 100_000);
        Assert.False(File.Exists(Final));

        server.Answer = request => new(content);
        await Get(Set());
        Assert.Equal([null, have], server.Ranges);
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Fact]
    public async Task AServerWithoutRangesStartsAnew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, new byte[1000]);
        server.Answer = request => new(content, Ranges: false);
        await Get(Set());
        Assert.Equal([1000], server.Ranges);
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Theory, InlineData(300_000), InlineData(300_001)]
    public async Task APartThatIsTooLongOrWrongIsDeleted(int length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, new byte[length]);
        server.Answer = request => new(content);
        if (length == content.Length) await Assert.ThrowsAsync<InvalidDataException>(() => Get(Set()));
        await Get(Set());
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Fact]
    public async Task CorruptContentIsRefusedAndDeleted()
    {
        byte[] corrupt = [.. content];
        corrupt[777] ^= 1;
        server.Answer = request => new(corrupt);
        InvalidDataException e = await Assert.ThrowsAsync<InvalidDataException>(() => Get(Set()));
        Assert.Contains($"expected {Hash(content)}, got {Hash(corrupt)}", e.Message);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Final)!));
    }

    [Fact]
    public async Task ContentThatIsTooLongIsRefused()
    {
        server.Answer = request => new([.. content, 1]);
        await Assert.ThrowsAsync<InvalidDataException>(() => Get(Set()));
        Assert.False(File.Exists(Final));
    }

    [Fact]
    public async Task AMissingFileIsNamed()
    {
        server.Answer = request => new([], Status: 404);
        HttpRequestException e = await Assert.ThrowsAsync<HttpRequestException>(() => Get(Set()));
        Assert.Contains("/file.bin: the server answers 404 NotFound", e.Message);
    }

    [Fact]
    public async Task ARangeThatTheServerRefusesStartsAnew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, new byte[1000]);
        server.Answer = request => request.Headers["Range"] is null ? new(content) : new([], Status: 416);
        await Get(Set());
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Fact]
    public async Task ADamagedFileInTheCacheIsReplaced()
    {
        server.Answer = request => new(content);
        await Get(Set());
        File.WriteAllBytes(Final, content[..^1]);
        await Get(Set());
        Assert.Equal(content, File.ReadAllBytes(Final));
    }

    [Fact]
    public async Task CancellationKeepsThePart()
    {
        using var cancel = new CancellationTokenSource();
        server.Answer = request => new(content);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Download(client, folder.Path).GetAsync(Set(), _ => cancel.Cancel(), cancel.Token));
        Assert.True(new FileInfo(Part).Length > 0);
    }

    [Fact]
    public async Task AnEntryOfAnArchiveIsUnpacked()
    {
        byte[] archive = Zip("inner.txt", content);
        server.Answer = request => new(archive);
        await Get(Set(archive, new("inner.txt", Hash(content))));
        Assert.Equal(content, File.ReadAllBytes(Final));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(Final)!));
        await Get(Set(archive, new("inner.txt", Hash(content))));
        Assert.Single(server.Ranges);
    }

    [Fact]
    public void EveryDataSetIsPinned()
    {
        Assert.Equal(["mnist", "tinyshakespeare", "eng-fra"], DataSets.All.Select(s => s.Name));
        Assert.All(DataSets.All.SelectMany(s => s.Files), f =>
        {
            Assert.Equal("https", f.Address.Scheme);
            Assert.Matches("/[0-9a-f]{40}/", f.Address.AbsolutePath);
            Assert.Matches("^[0-9a-f]{64}$", f.Sha256);
        });
        Assert.Contains("mnist, tinyshakespeare, eng-fra", Assert.Throws<ArgumentException>(() => DataSets.Find("imagenet")).Message);
    }

    [Theory]
    [InlineData("mnist", "t10k-images-idx3-ubyte.gz", "mnist", "t10k-images-idx3-ubyte.gz")]
    [InlineData("mnist", "train-labels-idx1-ubyte.gz", "mnist", "train-labels-idx1-ubyte.gz")]
    [InlineData("tinyshakespeare", "input.txt", "tinyshakespeare", "input.txt")]
    public void ThePinnedHashesAreThoseOfTheSharedFiles(string set, string name, string folderName, string fileName)
    {
        byte[] shared = File.ReadAllBytes(TestData.Path(folderName, fileName));
        DataFile file = DataSets.Find(set).Files.Single(f => f.Name == name);
        Assert.Equal((file.Bytes, file.Sha256), (shared.Length, Hash(shared)));
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
        folder.Dispose();
    }

    private Task<string> Get(DataSet set, Action<DownloadProgress>? progress = null) =>
        new Download(client, folder.Path).GetAsync(set, progress, TestContext.Current.CancellationToken);

    private DataSet Set(byte[]? served = null, ArchiveEntry? entry = null) =>
        new("set", "", "", [new("file.bin", new(server.Address, "file.bin"), (served ?? content).Length, Hash(served ?? content), entry)]);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Zip(string name, byte[] content)
    {
        using var result = new MemoryStream();
        using (var zip = new ZipArchive(result, ZipArchiveMode.Create))
        using (Stream entry = zip.CreateEntry(name).Open()) entry.Write(content);
        return result.ToArray();
    }

    /// <summary>What the server sends: all of it, or the part that a Range asks for, or that up to where the connection breaks.</summary>
    private sealed record Reply(byte[] Content, bool Ranges = true, int Status = 200, int? BreakAfter = null);

    /// <summary>A web server on a free port of this machine alone.</summary>
    private sealed class LocalServer : IDisposable
    {
        private readonly HttpListener listener = new();

        public LocalServer()
        {
            using (var socket = new TcpListener(IPAddress.Loopback, 0))
            {
                socket.Start();
                Address = new($"http://127.0.0.1:{((IPEndPoint)socket.LocalEndpoint).Port}/");
            }

            listener.Prefixes.Add(Address.ToString());
            listener.Start();
            _ = ServeAsync();
        }

        public Uri Address { get; }

        public Func<HttpListenerRequest, Reply> Answer { get; set; } = _ => new([], Status: 500);

        /// <summary>Where each request asked to begin.</summary>
        public List<long?> Ranges { get; } = [];

        public void Dispose() => listener.Close();

        private async Task ServeAsync()
        {
            while (listener.IsListening)
            {
                HttpListenerContext context;
                try { context = await listener.GetContextAsync(); }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException) { return; }
                try { await SendAsync(context); }
                catch (HttpListenerException) { context.Response.Abort(); } // the client has gone
            }
        }

        private async Task SendAsync(HttpListenerContext context)
        {
            Reply reply = Answer(context.Request);
            long? from = context.Request.Headers["Range"] is { } range ? long.Parse(range["bytes=".Length..^1]) : null;
            Ranges.Add(from);
            bool partial = reply.Ranges && from is not null && reply.Status == 200;
            byte[] body = partial ? reply.Content[(int)from!.Value..] : reply.Content;
            HttpListenerResponse response = context.Response;
            response.StatusCode = partial ? 206 : reply.Status;
            if (partial) response.Headers["Content-Range"] = $"bytes {from}-{reply.Content.Length - 1}/{reply.Content.Length}";
            response.ContentLength64 = body.Length;
            await response.OutputStream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, reply.BreakAfter ?? body.Length)));
            if (reply.BreakAfter is not null)
            {
                await Task.Delay(200);
                response.Abort();
            }
            else
            {
                response.Close();
            }
        }
    }
}
